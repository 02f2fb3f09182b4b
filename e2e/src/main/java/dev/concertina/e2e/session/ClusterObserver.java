package dev.concertina.e2e.session;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Watches a deployment and its operations by asking a few times a second; keeps every decision and the last state of every operation. */
public final class ClusterObserver implements AutoCloseable {
    private static final Duration PERIOD = Duration.ofMillis(250);

    private final Target target;
    private final List<MoEDeploymentStatus.Decision> decisions = new ArrayList<>();
    private final Map<String, ScaleOperation> operations = new LinkedHashMap<>();
    private @Nullable MoEDeploymentStatus status;
    private MoEDeploymentStatus.@Nullable Decision lastDecision;
    private final Thread loop;
    private volatile boolean closed;

    public ClusterObserver(Target target) {
        this.target = target;
        this.loop = Thread.ofPlatform().daemon().name("cluster-observer").start(this::run);
    }

    private void run() {
        while (!closed) {
            try {
                look();
                Thread.sleep(PERIOD);
            } catch (InterruptedException e) {
                return;
            } catch (KubernetesClientException e) {
                // the API server may be away for a while; the next look tells
            } catch (IllegalStateException e) {
                return; // the client was closed: the run is over
            }
        }
    }

    /** Looks now, too. */
    public void look() {
        MoEDeployment deployment = target.client()
                .resources(MoEDeployment.class)
                .inNamespace(target.namespace())
                .withName(target.deployment())
                .get();
        List<ScaleOperation> seen = target.client()
                .resources(ScaleOperation.class)
                .inNamespace(target.namespace())
                .list()
                .getItems();
        synchronized (this) {
            for (ScaleOperation operation : seen) {
                if (operation.getSpec() != null
                        && operation.getSpec().deployment().equals(target.deployment())) {
                    operations.put(operation.getMetadata().getName(), operation);
                }
            }
            status = deployment == null ? null : deployment.getStatus();
            MoEDeploymentStatus.Decision decision = status == null ? null : status.lastDecision();
            if (decision != null && !Objects.equals(decision, lastDecision)) {
                decisions.add(decision);
                lastDecision = decision;
            }
        }
    }

    public synchronized int desired() {
        return status == null ? 0 : orZero(status.desiredWidth());
    }

    public synchronized int allocated() {
        return status == null ? 0 : orZero(status.allocatedWidth());
    }

    public synchronized int effective() {
        return status == null ? 0 : orZero(status.effectiveWidth());
    }

    private static int orZero(@Nullable Integer value) {
        return value == null ? 0 : value;
    }

    /** The operation under way, null without one. */
    public synchronized @Nullable ScaleOperation active() {
        for (ScaleOperation operation : operations.values()) {
            ScaleOperationStatus.Phase phase = phase(operation);
            if (phase != null && !phase.ended()) {
                return operation;
            }
        }
        return null;
    }

    /** Its phase, null before the first. */
    public static ScaleOperationStatus.@Nullable Phase phase(ScaleOperation operation) {
        return operation.getStatus() == null ? null : operation.getStatus().phase();
    }

    /** Decisions in order, one entry per change. */
    public synchronized List<MoEDeploymentStatus.Decision> decisions() {
        return new ArrayList<>(decisions);
    }

    /** Operations as last seen. */
    public synchronized List<ScaleOperation> operations() {
        return new ArrayList<>(operations.values());
    }

    @Override
    public void close() {
        closed = true;
        loop.interrupt();
    }
}
