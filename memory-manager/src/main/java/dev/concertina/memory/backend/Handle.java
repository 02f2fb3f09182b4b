package dev.concertina.memory.backend;

/**
 * One physical allocation. The number is the backend's (posix: the descriptor it owns).
 *
 * @param value the backend's number
 * @param device accelerator ordinal
 * @param bytes committed bytes, a multiple of the granularity
 */
public record Handle(long value, int device, long bytes) {}
