package dev.concertina.scheduler.width;

import dev.concertina.scheduler.capacity.Correction;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a decision hands to the next; immutable, and safe to lose (the policy then starts from its priors).
 *
 * @param width width in use at the last decision, 0 before the first
 * @param widthSince when that width was first seen; null before the first decision
 * @param correction of the capacity model, learnt from observations
 * @param saturated whether the last decision saw a backlog
 * @param wanted ranks wanted lately, oldest first
 */
public record WidthMemory(
        int width, @Nullable Instant widthSince, Correction correction, boolean saturated, List<Wanted> wanted) {
    private static final WidthMemory INITIAL = new WidthMemory(0, null, Correction.NONE, false, List.of());

    public WidthMemory {
        wanted = List.copyOf(wanted);
    }

    /** Nothing known yet. */
    public static WidthMemory initial() {
        return INITIAL;
    }

    /** The same, with nothing wanted yet: stabilisation begins anew. */
    WidthMemory withoutWanted() {
        return with(List.of());
    }

    WidthMemory with(List<Wanted> other) {
        return new WidthMemory(width, widthSince, correction, saturated, other);
    }

    /** Ranks, over all instances, that would have been chosen at {@code at} without stabilisation. */
    public record Wanted(Instant at, int width) {}
}
