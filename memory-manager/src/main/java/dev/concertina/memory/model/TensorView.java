package dev.concertina.memory.model;

import java.util.List;

/**
 * Where one tensor lies inside a segment. Row-major, little-endian.
 *
 * @param offset byte offset from the start of the segment, a multiple of 64
 * @param dtype element type
 * @param shape dimensions, outermost first
 */
public record TensorView(long offset, DType dtype, List<Integer> shape) {
    public TensorView {
        shape = List.copyOf(shape);
        if (offset < 0 || offset % 64 != 0) {
            throw new IllegalArgumentException("a tensor starts at a multiple of 64, not at " + offset);
        }
    }

    /** Number of elements. */
    public long elements() {
        long count = 1;
        for (int dimension : shape) {
            count *= dimension;
        }
        return count;
    }

    /** Number of bytes. */
    public long bytes() {
        return dtype.bytes(elements());
    }
}
