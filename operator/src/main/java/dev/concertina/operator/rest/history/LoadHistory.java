package dev.concertina.operator.rest.history;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.operator.app.Control;
import dev.concertina.operator.app.OperatorApplication;
import dev.concertina.operator.rest.live.LiveState;
import io.quarkus.runtime.Startup;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Samples every deployment while this operator leads: {@link #KEPT} points of each, one every {@link #EVERY}. Safe for any number of threads. */
@Startup
@ApplicationScoped
public class LoadHistory {
    private static final System.Logger LOG = System.getLogger(LoadHistory.class.getName());
    private static final Duration EVERY = Duration.ofSeconds(2);

    /** Half an hour. */
    private static final int KEPT = 900;

    private final LiveState state;
    private final OperatorApplication application;
    private final Map<String, Deque<LoadPoint>> points = new ConcurrentHashMap<>();
    private final Thread sampler =
            Thread.ofPlatform().daemon().name("load-history").unstarted(this::run);

    LoadHistory(LiveState state, OperatorApplication application) {
        this.state = state;
        this.application = application;
    }

    @PostConstruct
    void start() {
        sampler.start();
    }

    @PreDestroy
    void stop() {
        sampler.interrupt();
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                sample(Instant.now());
                Thread.sleep(EVERY);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void sample(Instant now) {
        try {
            Optional<Control> control = application.control();
            if (control.isPresent()) {
                sample(control.get(), now);
            }
        } catch (RuntimeException e) {
            // the API server is away, or this process ends: the next point is two seconds away
            LOG.log(System.Logger.Level.DEBUG, "no point of the history", e);
        }
    }

    private void sample(Control control, Instant now) {
        Set<String> there = new HashSet<>();
        state.objects().stream()
                .filter(MoEDeployment.class::isInstance)
                .map(MoEDeployment.class::cast)
                .filter(deployment -> deployment.getSpec() != null)
                .forEach(deployment -> {
                    String key = deployment.getMetadata().getNamespace() + "/"
                            + deployment.getMetadata().getName();
                    there.add(key);
                    control.loads()
                            .snapshot(key, now)
                            .ifPresent(load -> add(
                                    key,
                                    LoadPoint.of(
                                            load,
                                            served(deployment.getStatus()),
                                            Objects.requireNonNullElse(
                                                    deployment.getSpec().width(), 1))));
                });
        points.keySet().retainAll(there);
    }

    private static int served(@Nullable MoEDeploymentStatus status) {
        return status == null ? 0 : Objects.requireNonNullElse(status.effectiveWidth(), 0);
    }

    void add(String deployment, LoadPoint point) {
        Deque<LoadPoint> kept = points.computeIfAbsent(deployment, key -> new ArrayDeque<>());
        synchronized (kept) {
            kept.addLast(point);
            if (kept.size() > KEPT) {
                kept.removeFirst();
            }
        }
    }

    /** All kept of a deployment, {@code namespace/name}, oldest first. */
    public List<LoadPoint> of(String deployment) {
        Deque<LoadPoint> kept = points.get(deployment);
        if (kept == null) {
            return List.of();
        }
        synchronized (kept) {
            return List.copyOf(kept);
        }
    }
}
