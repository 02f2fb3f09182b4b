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
 * @param currentWidth ranks that serve now, of each instance
 * @param minWidth least width; 0 allows none while nobody asks
 * @param maxWidth greatest width
 * @param maxStep most ranks added or removed at once, 0 for no limit
 * @param slo objective
 * @param scaleUpStabilization a wider width must be wanted for this long, unless there is a backlog
 * @param scaleDownStabilization a narrower width must be wanted for this long
 * @param memory what the decision before handed back; {@link WidthMemory#initial()} the first time
 * @param room budget, expert floor, instances
 * @param leadTimes how long changes of width take
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
        WidthMemory memory,
        Room room,
        LeadTimes leadTimes) {
    private static final LeadTimes ASSUMED = LeadTimes.assumed(Duration.ofSeconds(4), Duration.ofSeconds(2));

    public WidthInput {
        if (minWidth < 0 || maxWidth < Math.max(1, minWidth) || currentWidth < 0 || maxStep < 0) {
            throw new IllegalArgumentException(
                    "0 <= minWidth <= maxWidth, maxWidth >= 1 and currentWidth, maxStep >= 0 must hold, not " + minWidth
                            + ", " + maxWidth + ", " + currentWidth + ", " + maxStep);
        }
        if (scaleUpStabilization.isNegative() || scaleDownStabilization.isNegative()) {
            throw new IllegalArgumentException("stabilisation windows must not be negative");
        }
    }

    /** Without budget, floor or further instances; four seconds for a wider width are assumed, two for a narrower one. */
    public WidthInput(
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
        this(
                now,
                load,
                currentWidth,
                minWidth,
                maxWidth,
                maxStep,
                slo,
                scaleUpStabilization,
                scaleDownStabilization,
                memory,
                Room.PLAIN,
                ASSUMED);
    }

    /** Greatest width that maximum and budget allow to {@code instances}; at least 0. */
    int mostWidth(int instances) {
        return Math.min(maxWidth, room.affordable(Integer.MAX_VALUE) / instances);
    }

    /** Least width above zero that minimum and expert floor allow. */
    int leastWidth() {
        return Math.max(Math.max(1, minWidth), room.leastRanks());
    }
}
