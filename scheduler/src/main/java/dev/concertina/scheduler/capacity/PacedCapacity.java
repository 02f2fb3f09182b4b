package dev.concertina.scheduler.capacity;

/**
 * A rank whose step takes {@code stepSeconds + tokenSeconds x tokens}: simulated accelerators, and the prior where nothing better is known.
 *
 * @param fixedSeconds time of a step with an empty batch
 * @param tokenSeconds time that each generated token of the batch adds
 * @param promptWeight time of a prompt token relative to a generated one
 */
public record PacedCapacity(double fixedSeconds, double tokenSeconds, double promptWeight) implements CapacityModel {
    public PacedCapacity {
        if (!(fixedSeconds > 0 && tokenSeconds > 0 && promptWeight >= 0)) {
            throw new IllegalArgumentException("a step and a token must take time, not " + fixedSeconds + " s and "
                    + tokenSeconds + " s with prompt weight " + promptWeight);
        }
    }

    @Override
    public double stepSeconds(Batch batch) {
        return fixedSeconds + tokenSeconds * (batch.sequences() + promptWeight * batch.promptTokens());
    }
}
