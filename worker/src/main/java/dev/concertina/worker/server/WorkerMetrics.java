package dev.concertina.worker.server;

import dev.concertina.observe.Metric;
import dev.concertina.observe.Metrics;
import dev.concertina.wire.ControlServer;
import dev.concertina.worker.epoch.Epochs;
import dev.concertina.worker.serving.Serving;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The worker's metrics, {@code GET /metrics}; all are read from the engine's own counts when somebody asks. Thread-safe. */
public final class WorkerMetrics {
    private final String deployment;
    private final String rank;
    private final Epochs epochs;
    private final Supplier<@Nullable Serving> attached;
    private final Metrics metrics = new Metrics();

    /** @param attached the rank with its model, null before the first epoch */
    public WorkerMetrics(String deployment, int rank, Epochs epochs, Supplier<@Nullable Serving> attached) {
        this.deployment = deployment;
        this.rank = String.valueOf(rank);
        this.epochs = epochs;
        this.attached = attached;
        metrics.beforeScrape(this::sample);
    }

    /** Adds the route. */
    public void route(ControlServer server) {
        server.onRaw("GET /metrics", metrics::answer);
    }

    private void sample() {
        set(Metric.WORKER_EPOCH, epochs.inUse());
        Serving serving = attached.get();
        if (serving == null) {
            return;
        }
        set(Metric.WORKER_TOKENS_GENERATED_TOTAL, serving.counters().tokensGenerated());
        set(Metric.WORKER_LIVE_SEQUENCES, serving.engine().liveSequences());
        set(Metric.WORKER_WAITING_SEQUENCES, serving.engine().waitingSequences());
        set(Metric.WORKER_KV_USED_BYTES, serving.pool().used() * serving.pageBytes());
        set(Metric.WORKER_KV_CAPACITY_BYTES, serving.pool().total() * serving.pageBytes());
        set(Metric.WORKER_DRAINING, serving.engine().draining() ? 1 : 0);
        long[][] tokens = serving.counters().expertTokens();
        for (int layer = 0; layer < tokens.length; layer++) {
            metrics.set(
                    Metric.WORKER_EXPERT_TOKENS_TOTAL,
                    Arrays.stream(tokens[layer]).sum(),
                    deployment,
                    rank,
                    String.valueOf(layer));
        }
    }

    private void set(Metric metric, double value) {
        metrics.set(metric, value, deployment, rank);
    }
}
