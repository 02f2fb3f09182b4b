/**
 * {@code ./concertina bench}: what the parts can do on this machine, each measured against a baseline in the same run. A result is a ratio
 * with an aim; repetitions of both sides take turns, so that a noisy neighbour hits both, and medians are compared.
 */
@NullMarked
package dev.concertina.e2e.bench;

import org.jspecify.annotations.NullMarked;
