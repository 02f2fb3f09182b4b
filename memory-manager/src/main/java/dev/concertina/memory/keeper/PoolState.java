package dev.concertina.memory.keeper;

/**
 * Segments that lie ready in a keeper.
 *
 * @param segments how many
 * @param bytes of them
 * @param hits requests they answered since the keeper started
 * @param misses requests that had to wait for fresh pages
 */
public record PoolState(int segments, long bytes, long hits, long misses) {}
