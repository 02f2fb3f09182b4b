package dev.concertina.scheduler.width;

import dev.concertina.scheduler.capacity.CapacityModel;
import dev.concertina.scheduler.capacity.PacedCapacity;
import java.time.Duration;

/**
 * What a {@link WidthPolicy} assumes before it has seen anything, and its thresholds. Work is counted in tokens: generated tokens plus prompt
 * tokens. Use is the offered rate over the greatest that a width takes within the objective.
 *
 * @param prior capacity model before any observation
 * @param settle time after a change of width whose observations say nothing about capacity
 * @param confidence with which the forecast demand is not exceeded when a width is judged, 0.5 to below 1
 * @param span time over which demand is averaged; a width need not follow what is shorter
 * @param recovery time in which a wider width should have worked off what waits when it begins to serve
 * @param upUtilization predicted use above which the width in use is too small, 0 to 1
 * @param targetUtilization most predicted use of a width chosen when widening; below {@code upUtilization}
 * @param downUtilization most predicted use of a narrower width; below {@code targetUtilization} or equal
 */
public record WidthConfig(
        CapacityModel prior,
        Duration settle,
        double confidence,
        Duration span,
        Duration recovery,
        double upUtilization,
        double targetUtilization,
        double downUtilization) {
    public WidthConfig {
        if (settle.isNegative() || span.compareTo(Duration.ofSeconds(1)) < 0 || recovery.toMillis() <= 0) {
            throw new IllegalArgumentException("settle must not be negative, span at least 1 s and recovery above 0");
        }
        if (!(confidence >= 0.5 && confidence < 1)) {
            throw new IllegalArgumentException("confidence must be from 0.5 to below 1, not " + confidence);
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

    /** Settle 4 s, confidence 0.8, span 10 s, recovery 10 s, utilisation 0.9 / 0.8 / 0.7. */
    public static WidthConfig of(CapacityModel prior) {
        return new WidthConfig(
                prior, Duration.ofSeconds(4), 0.8, Duration.ofSeconds(10), Duration.ofSeconds(10), 0.9, 0.8, 0.7);
    }

    /** The same with another confidence. */
    public WidthConfig withConfidence(double other) {
        return new WidthConfig(prior, settle, other, span, recovery, upUtilization, targetUtilization, downUtilization);
    }

    /** A rank that does so many tokens per second with large batches, and takes {@code priorStep} for an empty step. */
    public static WidthConfig of(double priorTokensPerSecond, Duration priorStep) {
        if (!(priorTokensPerSecond > 0) || priorStep.isNegative() || priorStep.isZero()) {
            throw new IllegalArgumentException("priors must be positive");
        }
        return of(new PacedCapacity(priorStep.toNanos() / 1e9, 1 / priorTokensPerSecond, 1));
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
