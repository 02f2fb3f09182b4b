/**
 * From the placement in use to the next one: an ordered list of keep, copy, load and free steps that fits every accelerator's memory beside
 * what it holds now and leaves a live copy of every expert at each moment, or the number of bytes that are missing.
 */
@NullMarked
package dev.concertina.scheduler.transition;

import org.jspecify.annotations.NullMarked;
