package dev.concertina.memory.backend;

import java.util.List;

/** Whose memory a node's processes own; keeper and agent of a node are given the same. */
public sealed interface BackendChoice {
    /** Memory files, which stand for simulated accelerators. */
    record Posix() implements BackendChoice {}

    /**
     * NVIDIA accelerators.
     *
     * @param library the driver's, by name on the loader's path or as a file
     * @param uuids the accelerators to own, in the order that numbers them; empty: all that this process sees, by UUID
     */
    record Cuda(String library, List<String> uuids) implements BackendChoice {
        public Cuda {
            uuids = List.copyOf(uuids);
        }
    }
}
