package dev.concertina.scheduler.capacity;

import java.util.List;
import java.util.Locale;

/**
 * Data-sheet figures of an accelerator and of the links between accelerators; no efficiency in them.
 *
 * @param name as it is asked for
 * @param memoryBytes of one accelerator
 * @param memoryBytesPerSecond bandwidth of its memory
 * @param flops16 dense floating-point operations per second on 16-bit numbers
 * @param flops8 the same on 8-bit numbers
 * @param perNode accelerators that share the fast links
 * @param nodeBytesPerSecond bandwidth of an accelerator to others of its node, each direction
 * @param fabricBytesPerSecond bandwidth of an accelerator to other nodes, each direction
 */
public record Accelerator(
        String name,
        double memoryBytes,
        double memoryBytesPerSecond,
        double flops16,
        double flops8,
        int perNode,
        double nodeBytesPerSecond,
        double fabricBytesPerSecond) {
    private static final List<Accelerator> KNOWN = List.of(
            new Accelerator("h100", 80e9, 3.35e12, 989e12, 1979e12, 8, 450e9, 50e9),
            new Accelerator("h200", 141e9, 4.8e12, 989e12, 1979e12, 8, 450e9, 50e9),
            new Accelerator("b200", 180e9, 8e12, 2250e12, 4500e12, 8, 900e9, 50e9),
            new Accelerator("rtxpro6000", 96e9, 1.597e12, 503e12, 1007e12, 8, 32e9, 25e9));

    public Accelerator {
        for (double figure : new double[] {
            memoryBytes, memoryBytesPerSecond, flops16, flops8, perNode, nodeBytesPerSecond, fabricBytesPerSecond
        }) {
            if (!(figure > 0) || Double.isInfinite(figure)) {
                throw new IllegalArgumentException("each figure of accelerator " + name + " must be above 0");
            }
        }
    }

    /** The names that {@link #named} knows. */
    public static List<String> names() {
        return KNOWN.stream().map(Accelerator::name).toList();
    }

    /**
     * A known accelerator.
     *
     * @throws IllegalArgumentException naming those known, when it is not one of them
     */
    public static Accelerator named(String name) {
        return KNOWN.stream()
                .filter(known -> known.name.equals(name.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "the accelerator '" + name + "' is not known; known are " + String.join(", ", names())));
    }
}
