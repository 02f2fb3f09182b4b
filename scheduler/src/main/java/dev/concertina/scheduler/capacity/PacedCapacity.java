package dev.concertina.scheduler.capacity;

/**
 * A rank whose step takes {@code fixedSeconds + tokenSeconds x tokens}: simulated accelerators, and the prior where nothing better is known.
 * Two factors: of the step and of the tokens.
 *
 * @param fixedSeconds time of a step with an empty batch
 * @param tokenSeconds time that each generated token of the batch adds
 * @param promptWeight time of a prompt token relative to a generated one
 */
public record PacedCapacity(double fixedSeconds, double tokenSeconds, double promptWeight) implements FactoredModel {
    public PacedCapacity {
        if (!(fixedSeconds > 0 && tokenSeconds > 0 && promptWeight >= 0)) {
            throw new IllegalArgumentException("a step and a token must take time, not " + fixedSeconds + " s and "
                    + tokenSeconds + " s with prompt weight " + promptWeight);
        }
    }

    @Override
    public int factors() {
        return 2;
    }

    @Override
    public StepTime time(Batch batch, double[] logFactors) {
        double fixed = fixedSeconds * Math.exp(logFactors[0]);
        double tokens =
                tokenSeconds * (batch.sequences() + promptWeight * batch.promptTokens()) * Math.exp(logFactors[1]);
        return new StepTime(fixed + tokens, new double[] {fixed / (fixed + tokens), tokens / (fixed + tokens)});
    }
}
