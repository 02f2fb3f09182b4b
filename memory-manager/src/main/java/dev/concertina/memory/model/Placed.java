package dev.concertina.memory.model;

import java.nio.file.Path;
import java.util.List;

/**
 * Bytes of a file and where they go in an object's payload: a tensor, or one expert's slice of a fused one.
 *
 * @param name the tensor's
 * @param file where it is
 * @param position absolute byte position in the file
 * @param bytes how many
 * @param view offset in the payload, type and shape
 */
record Placed(String name, Path file, long position, long bytes, TensorView view) {
    /** A whole tensor. */
    static Placed whole(StoredTensor tensor, long offset) {
        return new Placed(
                tensor.name(),
                tensor.file(),
                tensor.position(),
                tensor.bytes(),
                new TensorView(offset, tensor.dtype(), tensor.shape()));
    }

    /** The slice of a fused tensor that is one expert's; its first dimension counts experts. */
    static Placed slice(StoredTensor tensor, int expert, long offset) {
        long bytes = tensor.bytes() / tensor.shape().getFirst();
        List<Integer> shape = tensor.shape().subList(1, tensor.shape().size());
        return new Placed(
                tensor.name(),
                tensor.file(),
                tensor.position() + expert * bytes,
                bytes,
                new TensorView(offset, tensor.dtype(), shape));
    }

    /** Offset in the payload. */
    long offset() {
        return view.offset();
    }

    /** Where the next tensor may start. */
    long next() {
        return (end() + 63) & ~63L;
    }

    /** Offset in the payload after its last byte. */
    long end() {
        return view.offset() + bytes;
    }
}
