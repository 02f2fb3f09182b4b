package dev.concertina.operator.rest.live;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.crds.ExpertPlacement;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.operator.app.Control;
import dev.concertina.operator.decision.Decisions;
import dev.concertina.operator.rest.view.AgentViews;
import dev.concertina.operator.rest.view.DecisionView;
import dev.concertina.operator.rest.view.DeploymentView;
import dev.concertina.operator.rest.view.OperationView;
import dev.concertina.operator.rest.view.PlacementView;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one subscriber was told. Each {@link #news} compares with it: level, not edges, so nothing is missed that still is. Not safe for
 * threads.
 */
public final class Subscription {
    private static final Duration LOAD_EVERY = Duration.ofSeconds(1);
    private static final Duration AGENTS_EVERY = Duration.ofSeconds(2);
    private static final Duration ALIVE_EVERY = Duration.ofSeconds(10);

    /** Empty in a brief snapshot, which would be a lie. */
    private static final List<String> LARGE = List.of("expertLoad", "series", "longSeries");

    private final LiveState state;
    private final ObjectMapper mapper;
    private final @Nullable String namespace;
    private final @Nullable String deployment;
    private final Map<String, HasMetadata> told = new HashMap<>();
    private final Map<String, Instant> decided = new HashMap<>();
    private Instant loadAt = Instant.EPOCH;
    private Instant agentsAt = Instant.EPOCH;
    private Instant aliveAt = Instant.EPOCH;

    /**
     * A new subscriber, who was told nothing.
     *
     * @param namespace only this one; null for all, and then the agents too
     * @param deployment only this one
     */
    public Subscription(LiveState state, ObjectMapper mapper, @Nullable String namespace, @Nullable String deployment) {
        this.state = state;
        this.mapper = mapper;
        this.namespace = namespace;
        this.deployment = deployment;
    }

    /** What is new since the last call; at the first, everything. */
    public List<LiveEvent> news(Instant now, Optional<Control> control) {
        List<LiveEvent> news = new ArrayList<>();
        List<HasMetadata> objects = state.objects().stream().filter(this::mine).toList();
        compare(objects, news);
        control.ifPresent(leader -> {
            List<MoEDeployment> deployments = objects.stream()
                    .filter(MoEDeployment.class::isInstance)
                    .map(MoEDeployment.class::cast)
                    .toList();
            deployments.forEach(one -> decisions(leader, one, news));
            if (due(loadAt, LOAD_EVERY, now)) {
                loadAt = now;
                deployments.forEach(one -> load(leader, one, now, news));
            }
            if (namespace == null && due(agentsAt, AGENTS_EVERY, now)) {
                agentsAt = now;
                news.add(new LiveEvent(
                        "agents",
                        null,
                        null,
                        leader.fleet().recent(AGENTS_EVERY).agents().stream()
                                .map(AgentViews::of)
                                .toList()));
            }
        });
        if (news.isEmpty() && due(aliveAt, ALIVE_EVERY, now)) {
            news.add(new LiveEvent("alive", null, null, null));
        }
        if (!news.isEmpty()) {
            aliveAt = now;
        }
        return news;
    }

    private static boolean due(Instant last, Duration every, Instant now) {
        return !last.plus(every).isAfter(now);
    }

    private boolean mine(HasMetadata object) {
        if (namespace != null && !namespace.equals(object.getMetadata().getNamespace())) {
            return false;
        }
        String owner = owner(object);
        return owner != null && (deployment == null || deployment.equals(owner));
    }

    /** Name of the deployment that an object belongs to; null for one without a spec. */
    private static @Nullable String owner(HasMetadata object) {
        return switch (object) {
            case MoEDeployment one
            when one.getSpec() != null -> one.getMetadata().getName();
            case ScaleOperation one when one.getSpec() != null -> one.getSpec().deployment();
            case ExpertPlacement one when one.getSpec() != null -> one.getSpec().deployment();
            default -> null;
        };
    }

    private void compare(List<HasMetadata> objects, List<LiveEvent> news) {
        Set<String> there = new HashSet<>();
        for (HasMetadata object : objects) {
            String uid = String.valueOf(object.getMetadata().getUid());
            there.add(uid);
            HasMetadata before = told.put(uid, object);
            if (before == null
                    || !String.valueOf(before.getMetadata().getResourceVersion())
                            .equals(object.getMetadata().getResourceVersion())) {
                news.add(new LiveEvent(type(object), namespace(object), name(object), view(object)));
            }
        }
        told.entrySet().removeIf(entry -> {
            if (there.contains(entry.getKey())) {
                return false;
            }
            HasMetadata gone = entry.getValue();
            news.add(new LiveEvent("gone", namespace(gone), name(gone), Map.of("kind", gone.getKind())));
            return true;
        });
    }

    private static String namespace(HasMetadata object) {
        return object.getMetadata().getNamespace();
    }

    private static String name(HasMetadata object) {
        return object.getMetadata().getName();
    }

    private static String type(HasMetadata object) {
        return switch (object) {
            case ScaleOperation operation -> "operation";
            case ExpertPlacement placement -> "placement";
            default -> "deployment";
        };
    }

    private static Object view(HasMetadata object) {
        return switch (object) {
            case MoEDeployment one -> DeploymentView.of(one);
            case ScaleOperation one -> OperationView.of(one);
            case ExpertPlacement one -> PlacementView.of(one);
            default -> throw new IllegalArgumentException("no view of " + object.getKind());
        };
    }

    /** The decisions made since the last call; at the first the last one only. */
    private void decisions(Control control, MoEDeployment one, List<LiveEvent> news) {
        String key = namespace(one) + "/" + name(one);
        List<Decisions.Made> made = control.decisions().list(key);
        if (made.isEmpty()) {
            return;
        }
        Instant last = decided.put(key, made.getLast().time());
        made.stream()
                .filter(decision -> last == null
                        ? decision == made.getLast()
                        : decision.time().isAfter(last))
                .forEach(decision ->
                        news.add(new LiveEvent("decision", namespace(one), name(one), DecisionView.of(decision))));
    }

    /** Without experts and series, which are large; the deployment's own path answers them. */
    private void load(Control control, MoEDeployment one, Instant now, List<LiveEvent> news) {
        control.loads().snapshot(namespace(one) + "/" + name(one), now).ifPresent(snapshot -> {
            ObjectNode load = mapper.valueToTree(snapshot.brief());
            load.remove(LARGE);
            news.add(new LiveEvent("load", namespace(one), name(one), load));
        });
    }
}
