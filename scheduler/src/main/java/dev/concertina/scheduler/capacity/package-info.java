/**
 * What accelerators can do: the time of an engine step at a width, batch, lengths and imbalance. {@link
 * dev.concertina.scheduler.capacity.CapacityModel} is the port that {@code width} and the simulator ask; priors implement it, and a {@link
 * dev.concertina.scheduler.capacity.Correction} learnt from observations corrects any of them.
 */
@NullMarked
package dev.concertina.scheduler.capacity;

import org.jspecify.annotations.NullMarked;
