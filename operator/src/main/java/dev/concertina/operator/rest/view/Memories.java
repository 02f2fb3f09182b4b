package dev.concertina.operator.rest.view;

import dev.concertina.operator.rest.view.AgentViews.Memory;
import dev.concertina.wire.Agents;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Thousands of segments in a few lines. */
final class Memories {
    private Memories() {}

    private record Kind(String deployment, int device, String kind) {
        private static Kind of(Agents.Segment segment) {
            String object = segment.object().toString();
            int slash = object.indexOf('/');
            return new Kind(segment.deployment(), segment.device(), slash < 0 ? object : object.substring(0, slash));
        }
    }

    static List<Memory> of(List<Agents.Segment> segments) {
        return segments.stream().collect(Collectors.groupingBy(Kind::of)).entrySet().stream()
                .map(kind -> new Memory(
                        kind.getKey().deployment(),
                        kind.getKey().device(),
                        kind.getKey().kind(),
                        kind.getValue().size(),
                        kind.getValue().stream()
                                .mapToLong(Agents.Segment::bytes)
                                .sum(),
                        kind.getValue().stream()
                                .mapToLong(Agents.Segment::committedBytes)
                                .sum()))
                .sorted(Comparator.comparing(Memory::deployment)
                        .thenComparing(Memory::device)
                        .thenComparing(Memory::kind))
                .toList();
    }
}
