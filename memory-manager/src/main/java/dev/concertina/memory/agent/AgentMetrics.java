package dev.concertina.memory.agent;

import com.sun.net.httpserver.HttpExchange;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.keeper.PoolState;
import dev.concertina.observe.Metric;
import dev.concertina.observe.Metrics;
import dev.concertina.wire.Agents;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** The agent's metrics, {@code GET /metrics}; names and meanings stand in {@link Metric}. Thread-safe. */
final class AgentMetrics {
    private final Metrics metrics = new Metrics();

    /** One call of a kind ended. */
    void took(String call, long nanos) {
        metrics.observe(Metric.AGENT_CALL_SECONDS, Duration.ofNanos(nanos), call);
    }

    /** A client was refused. */
    void refused(int status) {
        metrics.count(Metric.AGENT_REFUSED_TOTAL, 1, String.valueOf(status));
    }

    void answer(HttpExchange exchange, Memory memory, Mover.Reads reads) throws IOException {
        metrics.set(Metric.AGENT_MODEL_READS_PEAK, reads.most());
        metrics.set(Metric.AGENT_MODEL_READ_BYTES_TOTAL, reads.bytes());
        devices(memory.capacity());
        contents(memory);
        keeper(memory);
        metrics.answer(exchange);
    }

    private void devices(Capacity capacity) {
        each(capacity, Metric.AGENT_DEVICE_CAPACITY_BYTES, Capacity.Info::capacityBytes);
        each(capacity, Metric.AGENT_DEVICE_USED_BYTES, Capacity.Info::usedBytes);
        each(capacity, Metric.AGENT_DEVICE_PROMISED_BYTES, Capacity.Info::promisedBytes);
        each(capacity, Metric.AGENT_DEVICE_PEAK_BYTES, Capacity.Info::peakBytes);
        Map<List<String>, Long> peaks = new HashMap<>();
        capacity.operationPeaks()
                .forEach(peak -> peaks.put(
                        List.of(String.valueOf(peak.operation()), String.valueOf(peak.device())), peak.bytes()));
        metrics.setAll(Metric.AGENT_OPERATION_PEAK_BYTES, peaks);
    }

    private void each(Capacity capacity, Metric metric, ToLongFunction<Capacity.Info> of) {
        for (int device = 0; device < capacity.devices(); device++) {
            metrics.set(metric, of.applyAsLong(capacity.info(device)), String.valueOf(device));
        }
    }

    private void contents(Memory memory) {
        List<Agents.Segment> segments = memory.store().segments();
        metrics.setAll(
                Metric.AGENT_SEGMENT_BYTES,
                segments.stream()
                        .collect(Collectors.groupingBy(
                                segment -> List.of(
                                        String.valueOf(segment.device()),
                                        segment.object().kind().name().toLowerCase(Locale.ROOT)),
                                Collectors.summingLong(Agents.Segment::committedBytes))));
        metrics.set(
                Metric.AGENT_LEASES,
                segments.stream().mapToLong(Agents.Segment::leases).sum());
        List<Agents.Member> members = memory.members().members();
        long live = members.stream().filter(Agents.Member::live).count();
        metrics.set(Metric.AGENT_MEMBERS, live, "true");
        metrics.set(Metric.AGENT_MEMBERS, members.size() - live, "false");
    }

    private void keeper(Memory memory) {
        metrics.set(Metric.AGENT_KEEPER_CONNECTED, memory.keeperConnected() ? 1 : 0);
        PoolState pool = memory.pool();
        if (pool != null) {
            metrics.set(Metric.AGENT_POOL_BYTES, pool.bytes());
            metrics.set(Metric.AGENT_POOL_SEGMENTS, pool.segments());
            metrics.set(Metric.AGENT_POOL_REQUESTS_TOTAL, pool.hits(), "true");
            metrics.set(Metric.AGENT_POOL_REQUESTS_TOTAL, pool.misses(), "false");
        }
    }
}
