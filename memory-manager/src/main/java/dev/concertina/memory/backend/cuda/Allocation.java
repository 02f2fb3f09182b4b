package dev.concertina.memory.backend.cuda;

import dev.concertina.memory.backend.Handle;

/** An allocation's account in this process; {@code released} and no mappings: gone. */
final class Allocation {
    final Handle handle;
    /** The driver's number, which it may give out again after the release. */
    final long driverHandle;
    /** Whether it counts against the capacity here. */
    final boolean charged;

    int mappings;
    boolean released;

    Allocation(Handle handle, long driverHandle, boolean charged) {
        this.handle = handle;
        this.driverHandle = driverHandle;
        this.charged = charged;
    }
}
