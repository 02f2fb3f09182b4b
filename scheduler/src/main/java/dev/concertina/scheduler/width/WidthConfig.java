package dev.concertina.scheduler.width;

import java.time.Duration;

/**
 * What a {@link WidthPolicy} assumes before it has seen anything, and its thresholds. Work is counted in tokens: generated tokens plus
 * {@code prefillWeight} times prompt tokens.
 *
 * @param priorTokensPerSecond work that one rank does per second when its batches are large
 * @param priorStep time of a step with an empty batch: the least time per output token
 * @param prefillWeight work of a prompt token relative to a generated one
 * @param leadTime from a decision until its width serves; the forecast looks that far ahead
 * @param settle time after a change of width whose observations say nothing about capacity
 * @param upUtilization predicted use above which the width in use is too small, 0 to 1
 * @param targetUtilization most predicted use of a width chosen when widening; below {@code upUtilization}
 * @param downUtilization most predicted use of a narrower width; below {@code targetUtilization} or equal
 * @param burstZ standard errors added to the forecast level
 */
public record WidthConfig(
        double priorTokensPerSecond,
        Duration priorStep,
        double prefillWeight,
        Duration leadTime,
        Duration settle,
        double upUtilization,
        double targetUtilization,
        double downUtilization,
        double burstZ) {
    public WidthConfig {
        if (!(priorTokensPerSecond > 0) || priorStep.isNegative() || priorStep.isZero() || !(prefillWeight >= 0)) {
            throw new IllegalArgumentException("priors must be positive");
        }
        if (leadTime.isNegative() || settle.isNegative() || !(burstZ >= 0)) {
            throw new IllegalArgumentException("leadTime, settle and burstZ must not be negative");
        }
        if (!(downUtilization > 0
                && downUtilization <= targetUtilization
                && targetUtilization < upUtilization
                && upUtilization < 1)) {
            throw new IllegalArgumentException(
                    "0 < downUtilization <= targetUtilization < upUtilization < 1 must hold, not " + downUtilization
                            + ", " + targetUtilization + ", " + upUtilization);
        }
    }

    /** Lead time 4 s, settle 6 s, utilisation 0.8 / 0.7 / 0.6, burst of one standard error, prompt tokens as dear as generated ones. */
    public static WidthConfig of(double priorTokensPerSecond, Duration priorStep) {
        return new WidthConfig(
                priorTokensPerSecond, priorStep, 1.0, Duration.ofSeconds(4), Duration.ofSeconds(4), 0.8, 0.7, 0.6, 1.0);
    }

    /**
     * The configuration of a rank whose step takes {@code step + token x tokens}.
     *
     * @param step time of a step whatever its batch
     * @param token time that each token of the batch adds
     */
    public static WidthConfig ofPace(Duration step, Duration token) {
        return of(1e9 / token.toNanos(), step);
    }
}
