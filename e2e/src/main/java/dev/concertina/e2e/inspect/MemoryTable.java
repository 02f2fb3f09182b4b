package dev.concertina.e2e.inspect;

import dev.concertina.wire.Agents;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Nodes' memory as tables for a person. */
final class MemoryTable {
    private final boolean everySegment;
    private final StringBuilder out = new StringBuilder();

    /** {@code everySegment}: a line for each, instead of a sum for each device, deployment and kind. */
    MemoryTable(boolean everySegment) {
        this.everySegment = everySegment;
    }

    String of(List<NodeMemory> nodes) {
        for (NodeMemory node : nodes) {
            Agents.State state = node.state();
            if (state == null) {
                out.append("agent ")
                        .append(node.agent())
                        .append(" does not answer: ")
                        .append(node.problem());
                out.append("\n\n");
            } else {
                out.append("node ").append(state.node()).append(", agent ").append(node.agent());
                out.append(", highest term ").append(state.term()).append("\n\n");
                devices(state);
                ranks(node, state);
                segments(state);
                peaks(state);
            }
        }
        return out.toString();
    }

    private void devices(Agents.State state) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("DEVICE", "CAPACITY", "USED", "PROMISED", "PEAK", "UUID"));
        for (Agents.Device device : state.devices()) {
            rows.add(List.of(
                    String.valueOf(device.device()),
                    bytes(device.capacityBytes()),
                    bytes(device.usedBytes()),
                    device.promisedBytes() == null ? "?" : bytes(device.promisedBytes()),
                    bytes(device.peakBytes()),
                    device.uuid() == null ? "simulated" : device.uuid()));
        }
        table(rows);
    }

    private void ranks(NodeMemory node, Agents.State state) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("DEVICE", "DEPLOYMENT", "RANK", "POD", "LIVE", "EPOCH", "LEASES"));
        for (Agents.Member member : state.members()) {
            long leases = state.segments().stream()
                    .filter(segment -> segment.device() == member.device())
                    .mapToLong(Agents.Segment::leases)
                    .sum();
            Long epoch = node.epochs().get(NodeMemory.key(member));
            rows.add(List.of(
                    String.valueOf(member.device()),
                    member.deployment(),
                    String.valueOf(member.rank()),
                    member.pod(),
                    member.live() ? "yes" : "no",
                    epoch == null ? "-" : String.valueOf(epoch),
                    String.valueOf(leases)));
        }
        table(rows);
    }

    private void segments(Agents.State state) {
        List<List<String>> rows = new ArrayList<>();
        if (everySegment) {
            rows.add(List.of("DEVICE", "DEPLOYMENT", "OBJECT", "SEGMENT", "BYTES", "COMMITTED", "CRC32C", "LEASES"));
            for (Agents.Segment one : state.segments()) {
                rows.add(List.of(
                        String.valueOf(one.device()),
                        one.deployment(),
                        one.object().toString(),
                        one.segment(),
                        String.valueOf(one.bytes()),
                        bytes(one.committedBytes()),
                        Long.toHexString(one.crc32c()),
                        String.valueOf(one.leases())));
            }
        } else {
            rows.add(List.of("DEVICE", "DEPLOYMENT", "KIND", "SEGMENTS", "BYTES", "COMMITTED", "LEASED"));
            Map<String, List<Agents.Segment>> groups = state.segments().stream()
                    .collect(Collectors.groupingBy(MemoryTable::group, TreeMap::new, Collectors.toList()));
            for (List<Agents.Segment> group : groups.values()) {
                Agents.Segment one = group.getFirst();
                rows.add(List.of(
                        String.valueOf(one.device()),
                        one.deployment(),
                        one.object().kind().name().toLowerCase(Locale.ROOT),
                        String.valueOf(group.size()),
                        bytes(group.stream().mapToLong(Agents.Segment::bytes).sum()),
                        bytes(group.stream()
                                .mapToLong(Agents.Segment::committedBytes)
                                .sum()),
                        String.valueOf(group.stream()
                                .filter(segment -> segment.leases() > 0)
                                .count())));
            }
        }
        table(rows);
    }

    private static String group(Agents.Segment segment) {
        return String.format(
                Locale.ROOT,
                "%6d %s %s",
                segment.device(),
                segment.deployment(),
                segment.object().kind());
    }

    private void peaks(Agents.State state) {
        @Nullable List<Agents.Peak> peaks = state.peaks();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("OPERATION", "DEVICE", "PEAK"));
        for (Agents.Peak peak : peaks == null ? List.<Agents.Peak>of() : peaks) {
            rows.add(List.of(peak.operation(), String.valueOf(peak.device()), bytes(peak.bytes())));
        }
        table(rows);
    }

    /** Columns as wide as their widest cell; a table of a heading alone is left out. */
    private void table(List<List<String>> rows) {
        if (rows.size() < 2) {
            return;
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder(" ");
            for (int column = 0; column < row.size(); column++) {
                int at = column;
                int width = rows.stream()
                        .mapToInt(one -> one.get(at).length())
                        .max()
                        .orElse(0);
                line.append(' ')
                        .append(row.get(column))
                        .append(" ".repeat(width - row.get(column).length()));
                line.append(' ');
            }
            out.append(line.toString().stripTrailing()).append('\n');
        }
        out.append('\n');
    }

    static String bytes(long count) {
        if (count < 1 << 20) {
            return count + " B";
        }
        double mib = count / 1048576.0;
        return mib < 1024
                ? String.format(Locale.ROOT, "%.1f MiB", mib)
                : String.format(Locale.ROOT, "%.1f GiB", mib / 1024);
    }
}
