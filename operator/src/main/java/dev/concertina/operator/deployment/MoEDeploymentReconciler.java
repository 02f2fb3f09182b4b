package dev.concertina.operator.deployment;

import dev.concertina.crds.Api;
import dev.concertina.crds.ConditionReason;
import dev.concertina.crds.ConditionType;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.operator.decision.Decisions;
import dev.concertina.operator.decision.ExpertFloor;
import dev.concertina.operator.deployment.Conditions.Said;
import dev.concertina.operator.operation.OperationRunner;
import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.operation.Services;
import dev.concertina.operator.routes.Serving;
import dev.concertina.operator.spec.Wanted;
import dev.concertina.wire.Agents;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Validate, observe, compare, start at most one operation, report. Level-based: it looks again every second whatever happened. */
@ControllerConfiguration(name = "moedeployment", finalizerName = Api.FINALIZER, generationAwareEventProcessing = false)
public final class MoEDeploymentReconciler implements Reconciler<MoEDeployment>, Cleaner<MoEDeployment> {
    private static final System.Logger LOG = System.getLogger(MoEDeploymentReconciler.class.getName());
    private static final Duration AGAIN = Duration.ofSeconds(1);
    private static final Duration FRESH = Duration.ofSeconds(5);
    private static final int HISTORY = 100;
    private static final Duration PATIENCE = Duration.ofMillis(1500);

    private final Services services;
    private final Observer observer;
    private final Operations operations;
    private final OperationRunner runner;
    private final Decisions decisions;
    private final ModelCheck models;
    private final Departure departure;
    private final Map<String, Instant> brokenSince = new ConcurrentHashMap<>();
    private final LostRanks lostRanks;
    private final Silence silence = new Silence();
    private final ModelNames names = new ModelNames();
    private final Rebalancing rebalancing;
    private final Runnable brokenOff;

    /** @param brokenOff told of each reconciliation that broke off */
    public MoEDeploymentReconciler(
            Services services, Serving serving, OperationRunner runner, Decisions decisions, Runnable brokenOff) {
        this.brokenOff = brokenOff;
        this.services = services;
        this.operations = new Operations(services.client());
        this.observer = new Observer(services, serving, operations);
        this.runner = runner;
        this.decisions = decisions;
        this.models = new ModelCheck(services.fleet(), services.peers(), services.clock());
        this.lostRanks = new LostRanks(services.pods(), services.fleet());
        this.departure = new Departure(services, operations, runner);
        this.rebalancing = new Rebalancing(services.loads());
    }

    @Override
    public List<EventSource<?, MoEDeployment>> prepareEventSources(EventSourceContext<MoEDeployment> context) {
        names.watch(context.getPrimaryCache());
        return List.of(new InformerEventSource<>(
                InformerEventSourceConfiguration.from(ScaleOperation.class, MoEDeployment.class)
                        .withName("operations")
                        .build(),
                context));
    }

    @Override
    public UpdateControl<MoEDeployment> reconcile(MoEDeployment deployment, Context<MoEDeployment> context) {
        try {
            MoEDeploymentStatus status = status(deployment);
            if (!status.equals(deployment.getStatus())) {
                write(deployment, status);
            }
        } catch (RuntimeException e) { // left to the framework it would look a few times more and then never again
            later("not reconciled", deployment, e);
        }
        return UpdateControl.<MoEDeployment>noUpdate().rescheduleAfter(AGAIN);
    }

    private MoEDeploymentStatus status(MoEDeployment deployment) {
        Instant now = services.clock().instant();
        Wanted wanted;
        try {
            wanted = Wanted.of(deployment);
        } catch (IllegalArgumentException e) {
            return refused(deployment, ConditionReason.InvalidSpec, String.valueOf(e.getMessage()), now);
        }
        Optional<String> taken = names.takenBy(deployment);
        if (taken.isPresent()) {
            return refused(
                    deployment,
                    ConditionReason.ModelNameTaken,
                    "the model name '" + wanted.modelName() + "' belongs to the older MoEDeployment " + taken.get()
                            + "; create this one with another spec.model.name",
                    now);
        }
        return switch (models.check(wanted.modelPath())) {
            case ModelCheck.Answer.Bad bad -> refused(deployment, bad.reason(), bad.message(), now);
            case ModelCheck.Answer.Unknown unknown ->
                StatusMaker.notAccepted(
                        deployment,
                        Said.unknown(ConditionType.Accepted, ConditionReason.NoAgent, unknown.message()),
                        now);
            case ModelCheck.Answer.Good good -> accepted(deployment, wanted, good.model(), now);
        };
    }

    private MoEDeploymentStatus refused(MoEDeployment deployment, ConditionReason reason, String message, Instant now) {
        services.routes().none(ModelNames.key(deployment));
        return StatusMaker.notAccepted(deployment, Said.of(ConditionType.Accepted, false, reason, message), now);
    }

    /** {@code namespace/name} of all that are there and stay; call when the informers know. */
    public Set<String> existing() {
        return names.existing();
    }

    private MoEDeploymentStatus accepted(MoEDeployment deployment, Wanted wanted, Agents.Model model, Instant now) {
        String namespace = deployment.getMetadata().getNamespace();
        String name = deployment.getMetadata().getName();
        String key = namespace + "/" + name;
        services.loads().watch(key, wanted.slo());
        services.topics().use(key, wanted.topic());
        services.routes().keep(namespace, name, wanted.modelName(), model.maxContext());
        decisions.floor(
                key,
                ExpertFloor.of(
                        model, wanted.kvBytes(), services.fleet().recent(FRESH).devices()));
        Observation seen = observer.observe(deployment, wanted);
        seen.active().ifPresent(runner::ensure);
        Silence.Heard heard =
                silence.hear(key, seen.ranks(), services.settings().silentDeadline(), now);
        heard.replace().forEach(pod -> replace(namespace, pod));
        lostRanks.look(deployment, seen);
        services.budgets().keep(deployment, seen.pods());
        Instant since = seen.broken().isEmpty() ? now : brokenSince.computeIfAbsent(key, ignored -> now);
        if (seen.broken().isEmpty()) {
            brokenSince.remove(key);
        }
        NextStep next = NextStep.of(seen, since, PATIENCE, now);
        if (next instanceof NextStep.Rest) {
            next = rebalancing.consider(key, seen, model, now).orElse(next);
        }
        if (next instanceof NextStep.Start start) {
            start(deployment, seen, start);
            brokenSince.remove(key);
            seen = observer.observe(deployment, wanted);
        }
        return StatusMaker.of(
                deployment,
                seen,
                next,
                heard.ranks(),
                services.loads().snapshot(key, now),
                StatusMaker.decision(decisions.lastChange(key)),
                now);
    }

    private void replace(String namespace, String pod) {
        LOG.log(
                System.Logger.Level.WARNING,
                "replacing a pod that does not answer namespace={0} name={1}",
                namespace,
                pod);
        services.pods().delete(namespace, pod);
    }

    private void start(MoEDeployment deployment, Observation seen, NextStep.Start start) {
        boolean asked = decisions.asked(
                deployment.getMetadata().getNamespace() + "/"
                        + deployment.getMetadata().getName(),
                start.to());
        services.budgets()
                .keep(
                        deployment,
                        Math.max(start.from(), start.to()) + start.moving().size());
        operations
                .create(
                        deployment,
                        seen.highestEpoch() + 1,
                        start.from(),
                        start.to(),
                        start.reason(),
                        requester(start, asked),
                        start.moving())
                .ifPresent(operation -> {
                    LOG.log(
                            System.Logger.Level.INFO,
                            "operation created name={0} from={1} to={2} reason={3}",
                            operation.getMetadata().getName(),
                            start.from(),
                            start.to(),
                            start.reason());
                    runner.ensure(operation);
                    operations.prune(seen.operations(), HISTORY);
                    services.placements()
                            .prune(
                                    deployment.getMetadata().getNamespace(),
                                    deployment.getMetadata().getName(),
                                    HISTORY,
                                    seen.wanted().pinned());
                });
    }

    private static String requester(NextStep.Start start, boolean autoscaled) {
        if (start.requester() != null) {
            return start.requester();
        }
        if (start.from() != start.to()) {
            return autoscaled ? "autoscaler" : "user";
        }
        return start.moving().isEmpty() ? "repair" : "drain";
    }

    private void later(String what, MoEDeployment deployment, RuntimeException e) {
        boolean race = e instanceof KubernetesClientException k && k.getCode() == HttpURLConnection.HTTP_CONFLICT;
        if (!race) {
            brokenOff.run();
        }
        LOG.log(
                race ? System.Logger.Level.DEBUG : System.Logger.Level.WARNING,
                what + ", looking again soon deployment="
                        + deployment.getMetadata().getNamespace() + "/"
                        + deployment.getMetadata().getName() + " reason=" + e);
    }

    /** By update with the resource version: a lost race is taken up at the next look. */
    private void write(MoEDeployment deployment, MoEDeploymentStatus status) {
        KubernetesClient client = services.client();
        MoEDeployment copy = client.getKubernetesSerialization().clone(deployment);
        copy.setStatus(status);
        client.resource(copy).updateStatus();
    }

    @Override
    public DeleteControl cleanup(MoEDeployment deployment, Context<MoEDeployment> context) {
        String key = deployment.getMetadata().getNamespace() + "/"
                + deployment.getMetadata().getName();
        decisions.forget(key);
        services.loads().forget(key);
        services.topics().use(key, null);
        rebalancing.forget(key);
        silence.forget(key);
        boolean done = false;
        try {
            done = departure.done(deployment, services.clock().instant());
        } catch (RuntimeException e) {
            later("not deleted yet", deployment, e);
        }
        return done
                ? DeleteControl.defaultDelete()
                : DeleteControl.noFinalizerRemoval().rescheduleAfter(500);
    }
}
