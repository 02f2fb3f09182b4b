package dev.concertina.memory.backend.cuda;

/** Who zeroes what a device commits: the driver does not promise to. */
public enum Scrub {
    /** The backend, before it gives a handle out. This takes a context on the device, with the memory that costs. */
    AT_CREATION,
    /**
     * Whoever fills the memory, all of it, before another reads it: for a process that owns memory without a context (the keeper).
     * {@link CudaMover#fill} does it from a process that has one.
     */
    BY_CALLER
}
