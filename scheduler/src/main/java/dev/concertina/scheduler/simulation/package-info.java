/**
 * A deployment played through in simulated time: requests of a trace arrive, ranks batch them continuously in steps as long as a capacity model
 * says, and a policy changes the width, each change with a delay that was measured somewhere. {@code Simulation} plays one policy, {@code
 * Comparison} all of them on the same trace and engine. Discrete events, one thread, no clock and no randomness of its own.
 */
@NullMarked
package dev.concertina.scheduler.simulation;

import org.jspecify.annotations.NullMarked;
