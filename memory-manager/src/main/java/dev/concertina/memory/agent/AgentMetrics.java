package dev.concertina.memory.agent;

import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.keeper.PoolState;
import dev.concertina.wire.Agents;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The agent's metrics as Prometheus text, {@code GET /metrics}; names and meanings stand in {@code docs/protocols.md}. Thread-safe. */
final class AgentMetrics {
    private static final String PREFIX = "concertina_agent_";

    private final Map<String, Timing> timings = new ConcurrentHashMap<>();
    private final Map<Integer, LongAdder> refusals = new ConcurrentHashMap<>();

    private static final class Timing {
        final LongAdder count = new LongAdder();
        final LongAdder nanos = new LongAdder();
    }

    /** One call of a kind ended. */
    void took(String call, long nanos) {
        Timing timing = timings.computeIfAbsent(call, name -> new Timing());
        timing.count.increment();
        timing.nanos.add(nanos);
    }

    /** A client was refused. */
    void refused(int status) {
        refusals.computeIfAbsent(status, key -> new LongAdder()).increment();
    }

    String text(Memory memory) {
        Text text = new Text();
        devices(text, memory);
        contents(text, memory);
        keeper(text, memory);
        text.family("call_seconds", "summary", "Calls of clients and to the keeper, by kind.");
        new TreeMap<>(timings).forEach((call, timing) -> {
            String labels = "{call=\"" + call + "\"}";
            text.line("call_seconds_sum" + labels, timing.nanos.sum() / 1e9);
            text.line("call_seconds_count" + labels, timing.count.sum());
        });
        text.family("refused_total", "counter", "Refusals to clients, by status.");
        new TreeMap<>(refusals)
                .forEach((status, count) -> text.line("refused_total{status=\"" + status + "\"}", count.sum()));
        return text.toString();
    }

    private static void devices(Text text, Memory memory) {
        Capacity capacity = memory.capacity();
        text.family("device_capacity_bytes", "gauge", "What the accelerator may hold.");
        each(capacity, text, "device_capacity_bytes", Capacity.Info::capacityBytes);
        text.family("device_used_bytes", "gauge", "Committed pages.");
        each(capacity, text, "device_used_bytes", Capacity.Info::usedBytes);
        text.family("device_promised_bytes", "gauge", "Set aside for stagings under way.");
        each(capacity, text, "device_promised_bytes", Capacity.Info::promisedBytes);
        text.family("device_peak_bytes", "gauge", "Highest committed bytes since the agent started.");
        each(capacity, text, "device_peak_bytes", Capacity.Info::peakBytes);
        text.family("operation_peak_bytes", "gauge", "Highest committed bytes of the accelerator during an operation.");
        capacity.operationPeaks()
                .forEach(peak -> text.line(
                        "operation_peak_bytes{operation=\"" + escaped(peak.operation()) + "\",device=\"" + peak.device()
                                + "\"}",
                        peak.bytes()));
    }

    private static void each(
            Capacity capacity, Text text, String name, java.util.function.ToLongFunction<Capacity.Info> of) {
        for (int device = 0; device < capacity.devices(); device++) {
            text.line(name + "{device=\"" + device + "\"}", of.applyAsLong(capacity.info(device)));
        }
    }

    private static void contents(Text text, Memory memory) {
        text.family("segment_bytes", "gauge", "Committed pages of published segments, by what they hold.");
        Map<String, Long> bytes = memory.store().segments().stream()
                .collect(Collectors.groupingBy(
                        segment -> "device=\"" + segment.device() + "\",kind=\""
                                + segment.object().kind().name().toLowerCase(Locale.ROOT) + "\"",
                        TreeMap::new,
                        Collectors.summingLong(Agents.Segment::committedBytes)));
        bytes.forEach((labels, sum) -> text.line("segment_bytes{" + labels + "}", sum));
        text.family("leases", "gauge", "Segments that client processes map, each counted once a process.");
        text.line(
                "leases",
                memory.store().segments().stream()
                        .mapToLong(Agents.Segment::leases)
                        .sum());
        text.family("members", "gauge", "Ranks bound to an accelerator here.");
        long live =
                memory.members().members().stream().filter(Agents.Member::live).count();
        text.line("members{live=\"true\"}", live);
        text.line("members{live=\"false\"}", memory.members().members().size() - live);
    }

    private static void keeper(Text text, Memory memory) {
        text.family("keeper_connected", "gauge", "1 while the keeper answers.");
        text.line("keeper_connected", memory.keeperConnected() ? 1 : 0);
        PoolState pool = memory.pool();
        if (pool != null) {
            text.family("pool_bytes", "gauge", "Touched pages that lie ready in the keeper.");
            text.line("pool_bytes", pool.bytes());
            text.family("pool_segments", "gauge", "Segments that lie ready in the keeper.");
            text.line("pool_segments", pool.segments());
            text.family("pool_requests_total", "counter", "Segments made, by whether their pages lay ready.");
            text.line("pool_requests_total{ready=\"true\"}", pool.hits());
            text.line("pool_requests_total{ready=\"false\"}", pool.misses());
        }
    }

    private static String escaped(@Nullable String label) {
        return String.valueOf(label).replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    /** Lines in the format of Prometheus, version 0.0.4. */
    private static final class Text {
        private final StringBuilder lines = new StringBuilder();

        void family(String name, String type, String help) {
            lines.append("# HELP ")
                    .append(PREFIX)
                    .append(name)
                    .append(' ')
                    .append(help)
                    .append('\n');
            lines.append("# TYPE ")
                    .append(PREFIX)
                    .append(name)
                    .append(' ')
                    .append(type)
                    .append('\n');
        }

        void line(String nameAndLabels, double value) {
            String number = value == Math.rint(value) && Math.abs(value) < 1e15
                    ? Long.toString((long) value)
                    : Double.toString(value);
            lines.append(PREFIX)
                    .append(nameAndLabels)
                    .append(' ')
                    .append(number)
                    .append('\n');
        }

        @Override
        public String toString() {
            return lines.toString();
        }
    }
}
