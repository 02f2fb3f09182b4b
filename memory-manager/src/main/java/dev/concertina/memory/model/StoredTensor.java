package dev.concertina.memory.model;

import java.nio.file.Path;
import java.util.List;

/**
 * One tensor as it lies in a safetensors file.
 *
 * @param name its name
 * @param dtype element type
 * @param shape dimensions, outermost first
 * @param file where it is
 * @param position absolute byte position in the file
 * @param bytes its length, equal to dtype x shape
 */
record StoredTensor(String name, DType dtype, List<Integer> shape, Path file, long position, long bytes) {
    StoredTensor {
        shape = List.copyOf(shape);
    }
}
