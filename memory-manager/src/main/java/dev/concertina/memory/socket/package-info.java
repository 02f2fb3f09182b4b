/**
 * Frames over unix stream sockets: a {@code u32} little-endian length, JSON of at most 4 MiB, and up to 64 file descriptors that travel
 * with the first byte. A peer that sends anything else loses its connection and nothing more. Runs on platform threads, since native
 * calls pin virtual ones.
 */
@NullMarked
package dev.concertina.memory.socket;

import org.jspecify.annotations.NullMarked;
