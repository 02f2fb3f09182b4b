package dev.concertina.memory.backend;

/**
 * Reserved address space.
 *
 * @param address its start, a multiple of the granularity
 * @param bytes length, a multiple of the granularity
 */
public record Range(long address, long bytes) {}
