package dev.concertina.scheduler.width;

import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.load.Slo;
import java.time.Duration;
import java.time.Instant;

/**
 * Everything that one decision is made from.
 *
 * @param now time of the decision
 * @param load the traffic
 * @param currentWidth ranks that serve now
 * @param minWidth least width, at least 1
 * @param maxWidth greatest width
 * @param maxStep most ranks added or removed at once, 0 for no limit
 * @param slo objective
 * @param scaleUpStabilization a wider width must be wanted for this long, unless there is a backlog
 * @param scaleDownStabilization a narrower width must be wanted for this long
 * @param memory what the decision before handed back; {@link WidthMemory#initial()} the first time
 */
public record WidthInput(
        Instant now,
        LoadSnapshot load,
        int currentWidth,
        int minWidth,
        int maxWidth,
        int maxStep,
        Slo slo,
        Duration scaleUpStabilization,
        Duration scaleDownStabilization,
        WidthMemory memory) {
    public WidthInput {
        if (minWidth < 1 || maxWidth < minWidth || currentWidth < 0 || maxStep < 0) {
            throw new IllegalArgumentException(
                    "1 <= minWidth <= maxWidth and currentWidth, maxStep >= 0 must hold, not " + minWidth + ", "
                            + maxWidth + ", " + currentWidth + ", " + maxStep);
        }
        if (scaleUpStabilization.isNegative() || scaleDownStabilization.isNegative()) {
            throw new IllegalArgumentException("stabilisation windows must not be negative");
        }
    }
}
