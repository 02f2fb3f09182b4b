package dev.concertina.memory.backend;

/**
 * One physical allocation, as one backend knows it.
 *
 * @param value the backend's number, never given out again
 * @param device accelerator ordinal
 * @param bytes committed bytes, a multiple of the granularity
 */
public record Handle(long value, int device, long bytes) {}
