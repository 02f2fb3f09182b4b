package dev.concertina.scheduler.width;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What was wanted lately: a change must have been wanted for a while, and longer on the way down than on the way up. */
final class Stabilization {
    private static final int MOST_WANTED = 512;
    private final WidthInput input;
    private final int current;
    private final List<WidthMemory.Wanted> wanted;

    /** @param ranks wanted now, over all instances */
    Stabilization(WidthInput input, WidthMemory memory, int ranks) {
        this.input = input;
        this.current = input.currentWidth() * input.room().instances();
        Duration up = input.scaleUpStabilization();
        Duration down = input.scaleDownStabilization();
        Instant oldest = input.now().minus(up.compareTo(down) > 0 ? up : down).minusSeconds(5);
        List<WidthMemory.Wanted> kept = new ArrayList<>();
        for (WidthMemory.Wanted earlier : memory.wanted()) {
            if (!earlier.at().isBefore(oldest)) {
                kept.add(earlier);
            }
        }
        kept.add(new WidthMemory.Wanted(input.now(), ranks));
        this.wanted = List.copyOf(kept.subList(Math.max(0, kept.size() - MOST_WANTED), kept.size()));
    }

    List<WidthMemory.Wanted> wanted() {
        return wanted;
    }

    /** For how long a wider (or narrower) width has been wanted without a break. */
    Duration lasting(boolean wider) {
        Instant since = input.now();
        for (int i = wanted.size() - 1; i >= 0; i--) {
            WidthMemory.Wanted earlier = wanted.get(i);
            if (wider ? earlier.width() <= current : earlier.width() >= current) {
                break;
            }
            since = earlier.at();
        }
        return Duration.between(since, input.now());
    }

    /** The most that was wanted in the later half of the down window. */
    int mostLately() {
        Instant laterHalf = input.now().minus(input.scaleDownStabilization().dividedBy(2));
        int most = 0;
        for (WidthMemory.Wanted earlier : wanted) {
            if (!earlier.at().isBefore(laterHalf)) {
                most = Math.max(most, earlier.width());
            }
        }
        return most;
    }
}
