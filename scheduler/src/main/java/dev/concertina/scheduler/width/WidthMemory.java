package dev.concertina.scheduler.width;

import java.time.Instant;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What a decision hands to the next; immutable, and safe to lose (the policy then starts from its priors).
 *
 * @param width width in use at the last decision, 0 before the first
 * @param widthSince when that width was first seen; null before the first decision
 * @param tokensPerSecond learnt work per rank and second; empty until corrected
 * @param stepSeconds learnt time of a step with an empty batch; empty until corrected
 * @param saturated whether the last decision saw a backlog
 * @param wanted widths wanted lately, oldest first
 */
public record WidthMemory(
        int width,
        @Nullable Instant widthSince,
        OptionalDouble tokensPerSecond,
        OptionalDouble stepSeconds,
        boolean saturated,
        List<Wanted> wanted) {
    private static final WidthMemory INITIAL =
            new WidthMemory(0, null, OptionalDouble.empty(), OptionalDouble.empty(), false, List.of());

    public WidthMemory {
        wanted = List.copyOf(wanted);
    }

    /** Nothing known yet. */
    public static WidthMemory initial() {
        return INITIAL;
    }

    /** The same, with nothing wanted yet: stabilisation begins anew. */
    WidthMemory withoutWanted() {
        return new WidthMemory(width, widthSince, tokensPerSecond, stepSeconds, saturated, List.of());
    }

    /** A width that would have been chosen at {@code at} without stabilisation. */
    public record Wanted(Instant at, int width) {}
}
