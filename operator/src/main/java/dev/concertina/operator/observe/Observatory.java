package dev.concertina.operator.observe;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.observe.Metrics;
import dev.concertina.observe.Tracing;
import dev.concertina.operator.trace.OperationTrace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Watches deployments and operations while this operator leads, and tells what happens to them. Nothing waits for it. */
public final class Observatory implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Observatory.class.getName());

    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("observatory").factory());
    private final SharedIndexInformer<MoEDeployment> deployments;
    private final SharedIndexInformer<ScaleOperation> operations;
    private final DeploymentMetrics metrics;
    private final EventWriter events;
    private final Tracing tracing;

    /** Begins at once. */
    public Observatory(
            KubernetesClient client, Clock clock, String instance, Metrics metrics, Tracing tracing, Sources sources) {
        this.tracing = tracing;
        this.metrics = new DeploymentMetrics(metrics, sources, clock, tracing.on());
        this.events = new EventWriter(client, clock, instance, this.metrics::written);
        this.deployments =
                client.resources(MoEDeployment.class).inAnyNamespace().inform(new Deployments());
        this.operations =
                client.resources(ScaleOperation.class).inAnyNamespace().inform(new OperationsSeen());
        metrics.beforeScrape(() -> this.metrics.sample(deployments(), operations()));
    }

    private List<MoEDeployment> deployments() {
        return deployments.getStore().list();
    }

    private List<ScaleOperation> operations() {
        return operations.getStore().list();
    }

    private void later(Runnable task) {
        try {
            thread.execute(() -> {
                try {
                    task.run();
                } catch (RuntimeException e) {
                    LOG.log(System.Logger.Level.WARNING, "not told", e);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.log(System.Logger.Level.DEBUG, "stopping, not told");
        }
    }

    private void ended(ScaleOperation operation) {
        metrics.ended(operation);
        OperationTrace.tell(operation, tracing);
        Notice notice = Notices.ended(operation);
        if (notice != null) {
            about(operation, notice);
        }
    }

    /** Of the deployment, where users look. */
    private void about(ScaleOperation operation, Notice notice) {
        deployments().stream()
                .filter(deployment -> deployment
                                .getMetadata()
                                .getNamespace()
                                .equals(operation.getMetadata().getNamespace())
                        && deployment
                                .getMetadata()
                                .getName()
                                .equals(operation.getSpec().deployment()))
                .findFirst()
                .ifPresent(deployment -> events.write(deployment, notice));
    }

    @Override
    public void close() {
        deployments.close();
        operations.close();
        thread.shutdownNow();
    }

    private final class Deployments implements ResourceEventHandler<MoEDeployment> {
        @Override
        public void onAdd(MoEDeployment deployment) {}

        @Override
        public void onUpdate(MoEDeployment before, MoEDeployment after) {
            later(() -> Notices.of(before, after).forEach(notice -> events.write(after, notice)));
        }

        @Override
        public void onDelete(MoEDeployment deployment, boolean unknown) {}
    }

    private final class OperationsSeen implements ResourceEventHandler<ScaleOperation> {
        @Override
        public void onAdd(ScaleOperation operation) {
            if (operation.getStatus() == null || operation.getStatus().phase() == null) {
                later(() -> about(operation, Notices.begun(operation)));
            }
        }

        @Override
        public void onUpdate(ScaleOperation before, ScaleOperation after) {
            later(() -> metrics.phases(before, after));
            if (!over(before) && over(after)) {
                later(() -> ended(after));
            }
        }

        @Override
        public void onDelete(ScaleOperation operation, boolean unknown) {}

        private boolean over(@Nullable ScaleOperation operation) {
            return operation != null
                    && operation.getStatus() != null
                    && operation.getStatus().phase() != null
                    && operation.getStatus().phase().ended();
        }
    }
}
