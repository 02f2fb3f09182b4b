package dev.concertina.operator.observe;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus;
import dev.concertina.crds.ScaleOperationStatus.PhaseRecord;
import dev.concertina.observe.Metric;
import dev.concertina.observe.Metrics;
import dev.concertina.operator.decision.Decisions;
import dev.concertina.operator.spec.Wanted;
import dev.concertina.operator.trace.OperationTrace;
import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.width.WidthDecision;
import io.fabric8.kubernetes.api.model.Condition;
import io.opentelemetry.context.Scope;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The leading operator's metrics: deployments as they are when somebody asks, and what happened as it happens. */
final class DeploymentMetrics {
    private static final Duration FRESH = Duration.ofSeconds(30);

    private final Metrics metrics;
    private final Sources sources;
    private final Clock clock;
    private final boolean traced;

    /** @param traced whether operations have traces that exemplars can name */
    DeploymentMetrics(Metrics metrics, Sources sources, Clock clock, boolean traced) {
        this.traced = traced;
        this.metrics = metrics;
        this.sources = sources;
        this.clock = clock;
        sources.decisions().listen((deployment, made, change) -> decided(deployment, made));
        metrics.count(Metric.OPERATOR_RECONCILE_ERRORS_TOTAL, 0);
    }

    void written(Notice notice) {
        metrics.count(Metric.OPERATOR_KUBERNETES_EVENTS_TOTAL, 1, notice.reason());
    }

    private void decided(String deployment, Decisions.Made made) {
        String[] name = deployment.split("/", 2);
        int width = made.decision().width();
        String direction = width > made.widthBefore() ? "up" : width < made.widthBefore() ? "down" : "hold";
        metrics.count(
                Metric.DECISIONS_TOTAL,
                1,
                name[0],
                name[1],
                direction,
                reason(made.decision(), direction),
                String.valueOf(made.applied()));
    }

    /** The strongest cause, as a word of a small set; the sentences stand in the decision itself. */
    static String reason(WidthDecision decision, String direction) {
        LoadSnapshot load = decision.input();
        if (load.missing()) {
            return "no_data";
        }
        return switch (direction) {
            case "up" ->
                load.queued() > 0
                        ? "queue"
                        : load.attainment().isPresent() && load.attainment().getAsDouble() < 1 ? "slo" : "forecast";
            case "down" -> "demand";
            default -> decision.reasons().size() > 1 ? "stabilising" : "steady";
        };
    }

    /** Phases that ended between two looks at an operation. */
    void phases(@Nullable ScaleOperation before, ScaleOperation after) {
        List<PhaseRecord> known = before == null ? List.of() : records(before.getStatus());
        for (PhaseRecord phase : records(after.getStatus())) {
            if (phase.endedAt() != null && !phase.phase().ended() && !known.contains(phase)) {
                observe(after, Metric.OPERATION_PHASE_SECONDS, phase, phase.startedAt(), phase.endedAt());
            }
        }
    }

    private void observe(ScaleOperation operation, Metric metric, PhaseRecord phase, String from, String to) {
        try (Scope scope = OperationTrace.of(operation, phase, traced).makeCurrent()) {
            String last = metric == Metric.OPERATION_SECONDS
                    ? String.valueOf(operation.getStatus().phase())
                    : phase.phase().name();
            metrics.observe(
                    metric,
                    Duration.between(Instant.parse(from), Instant.parse(to)),
                    operation.getMetadata().getNamespace(),
                    operation.getSpec().deployment(),
                    last);
        }
    }

    void ended(ScaleOperation operation) {
        ScaleOperationStatus status = operation.getStatus();
        String namespace = operation.getMetadata().getNamespace();
        String deployment = operation.getSpec().deployment();
        metrics.count(Metric.OPERATIONS_TOTAL, 1, namespace, deployment, String.valueOf(status.phase()));
        List<PhaseRecord> phases = records(status);
        if (!phases.isEmpty()) {
            observe(
                    operation,
                    Metric.OPERATION_SECONDS,
                    phases.getFirst(),
                    phases.getFirst().startedAt(),
                    phases.getLast().startedAt());
        }
        if (status.done() != null) {
            metrics.count(Metric.OPERATION_BYTES_TOTAL, status.done().kept(), namespace, deployment, "kept");
            metrics.count(Metric.OPERATION_BYTES_TOTAL, status.done().copied(), namespace, deployment, "copied");
            metrics.count(Metric.OPERATION_BYTES_TOTAL, status.done().loaded(), namespace, deployment, "loaded");
        }
        metrics.count(Metric.OPERATION_REQUESTS_LOST_TOTAL, orZero(status.requestsLost()), namespace, deployment);
        metrics.count(Metric.OPERATION_SEQUENCES_MOVED_TOTAL, orZero(status.sequencesMoved()), namespace, deployment);
    }

    private static long orZero(@Nullable Long value) {
        return value == null ? 0 : value;
    }

    private static List<PhaseRecord> records(@Nullable ScaleOperationStatus status) {
        return status == null || status.phases() == null ? List.of() : status.phases();
    }

    /** Before a scrape. */
    void sample(List<MoEDeployment> deployments, List<ScaleOperation> operations) {
        metrics.set(Metric.OPERATOR_LEADER, 1);
        metrics.set(Metric.OPERATOR_LEASE_TERM, sources.lease().term());
        metrics.set(
                Metric.OPERATOR_LEASE_RENEWED_SECONDS,
                Duration.between(sources.lease().renewed(), clock.instant()).toMillis() / 1e3);
        metrics.set(Metric.OPERATOR_READY, sources.ready().getAsBoolean() ? 1 : 0);
        metrics.set(Metric.OPERATOR_KAFKA_REACHABLE, sources.topics().reachable() ? 1 : 0);
        metrics.set(
                Metric.OPERATOR_SILENT_AGENTS,
                sources.fleet().recent(FRESH).agents().stream()
                        .filter(agent -> agent.problem() != null)
                        .count());
        sources.topics().progress().forEach((topic, progress) -> {
            metrics.set(Metric.OPERATOR_KAFKA_EVENTS_TOTAL, progress.read(), topic);
            metrics.set(Metric.OPERATOR_KAFKA_DEAD_LETTERS_TOTAL, progress.malformed(), topic);
            metrics.set(Metric.OPERATOR_KAFKA_LAG_EVENTS, progress.lag(), topic);
        });
        Map<List<String>, Integer> active = new HashMap<>();
        for (ScaleOperation operation : operations) {
            ScaleOperationStatus status = operation.getStatus();
            if (status == null || status.phase() == null || !status.phase().ended()) {
                String phase = status == null || status.phase() == null
                        ? "Planned"
                        : status.phase().name();
                active.merge(
                        List.of(
                                operation.getMetadata().getNamespace(),
                                operation.getSpec().deployment(),
                                phase),
                        1,
                        Integer::sum);
            }
        }
        metrics.setAll(Metric.OPERATIONS_ACTIVE, active);
        each(deployments);
    }

    private void each(List<MoEDeployment> deployments) {
        Map<Metric, Map<List<String>, Number>> rows = new HashMap<>();
        for (Metric metric : List.of(
                Metric.DEPLOYMENT_WIDTH_RANKS,
                Metric.DEPLOYMENT_PLACEMENT_EPOCH,
                Metric.DEPLOYMENT_CONDITION,
                Metric.DEPLOYMENT_SLO_ATTAINMENT_RATIO,
                Metric.DEPLOYMENT_SLO_OBJECTIVE_RATIO,
                Metric.DEPLOYMENT_TRAFFIC_MISSING,
                Metric.DEPLOYMENT_PAUSED)) {
            rows.put(metric, new HashMap<>());
        }
        for (MoEDeployment deployment : deployments) {
            one(deployment, rows);
        }
        rows.forEach(metrics::setAll);
    }

    private void one(MoEDeployment deployment, Map<Metric, Map<List<String>, Number>> rows) {
        Rows of = new Rows(deployment, rows);
        of.put(
                Metric.DEPLOYMENT_PAUSED,
                Boolean.TRUE.equals(deployment.getSpec().paused()) ? 1 : 0);
        MoEDeploymentStatus status = deployment.getStatus();
        if (status != null) {
            of.put(Metric.DEPLOYMENT_WIDTH_RANKS, status.desiredWidth(), "wanted");
            of.put(Metric.DEPLOYMENT_WIDTH_RANKS, status.allocatedWidth(), "allocated");
            of.put(Metric.DEPLOYMENT_WIDTH_RANKS, status.effectiveWidth(), "serving");
            of.put(Metric.DEPLOYMENT_PLACEMENT_EPOCH, status.placementEpoch());
            for (Condition condition : Objects.requireNonNullElse(status.conditions(), List.<Condition>of())) {
                of.put(
                        Metric.DEPLOYMENT_CONDITION,
                        1,
                        condition.getType(),
                        condition.getStatus(),
                        condition.getReason());
            }
        }
        sources.loads().snapshot(of.key(), clock.instant()).ifPresent(load -> {
            of.put(Metric.DEPLOYMENT_TRAFFIC_MISSING, load.missing() ? 1 : 0);
            if (load.attainment().isPresent()) {
                of.put(Metric.DEPLOYMENT_SLO_ATTAINMENT_RATIO, load.attainment().getAsDouble());
            }
        });
        try {
            of.put(
                    Metric.DEPLOYMENT_SLO_OBJECTIVE_RATIO,
                    Wanted.of(deployment).slo().attainment());
        } catch (IllegalArgumentException e) {
            // the condition Accepted says what is wrong with the spec
        }
    }

    /** One deployment's rows. */
    private record Rows(MoEDeployment deployment, Map<Metric, Map<List<String>, Number>> rows) {
        String key() {
            return deployment.getMetadata().getNamespace() + "/"
                    + deployment.getMetadata().getName();
        }

        void put(Metric metric, @Nullable Number value, String... more) {
            if (value != null) {
                List<String> labels = new ArrayList<>(List.of(
                        deployment.getMetadata().getNamespace(),
                        deployment.getMetadata().getName()));
                labels.addAll(List.of(more));
                rows.computeIfAbsent(metric, any -> new HashMap<>()).put(List.copyOf(labels), value);
            }
        }
    }
}
