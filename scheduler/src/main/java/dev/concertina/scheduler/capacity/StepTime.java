package dev.concertina.scheduler.capacity;

/**
 * The time of a step.
 *
 * @param seconds above 0
 * @param shares {@code [factors]}: relative change of {@code seconds} per unit of each logarithm of a factor; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // made and read in the inner loop of a filter, never compared
public record StepTime(double seconds, double[] shares) {}
