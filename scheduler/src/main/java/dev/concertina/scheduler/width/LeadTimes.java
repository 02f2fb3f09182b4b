package dev.concertina.scheduler.width;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * How long changes of width take here, from the decision until the new width serves: the median of what was measured for this very change,
 * else for changes by as many ranks the same way, else for any change that way, else what is assumed.
 *
 * @param assumedUp of a wider width, before any was measured
 * @param assumedDown of a narrower width, before any was measured
 * @param measured changes that succeeded, oldest first; of each kind the newest {@value #NEWEST} count
 */
public record LeadTimes(Duration assumedUp, Duration assumedDown, List<Measured> measured) {
    private static final int NEWEST = 7;

    public LeadTimes {
        measured = List.copyOf(measured);
        if (assumedUp.isNegative() || assumedDown.isNegative()) {
            throw new IllegalArgumentException("lead times must not be negative: " + assumedUp + ", " + assumedDown);
        }
    }

    /**
     * One change of width.
     *
     * @param took from the decision until the new width served
     */
    public record Measured(int from, int to, Duration took) {
        public Measured {
            if (from < 0 || to < 0 || took.isNegative()) {
                throw new IllegalArgumentException(
                        "a change of width cannot be from " + from + " to " + to + " in " + took);
            }
        }
    }

    /** Nothing measured yet. */
    public static LeadTimes assumed(Duration up, Duration down) {
        return new LeadTimes(up, down, List.of());
    }

    /** From a decision for {@code to} until it serves; zero when it serves already. */
    public Duration of(int from, int to) {
        if (from == to) {
            return Duration.ZERO;
        }
        int[] closeness = measured.stream()
                .mapToInt(change -> closeness(change, from, to))
                .toArray();
        int closest = Arrays.stream(closeness).max().orElse(0);
        if (closest == 0) {
            return to > from ? assumedUp : assumedDown;
        }
        long[] nanos = new long[NEWEST];
        int count = 0;
        for (int i = closeness.length - 1; i >= 0 && count < NEWEST; i--) {
            if (closeness[i] == closest) {
                nanos[count++] = measured.get(i).took().toNanos();
            }
        }
        Arrays.sort(nanos, 0, count);
        return Duration.ofNanos((nanos[(count - 1) / 2] + nanos[count / 2]) / 2);
    }

    private static int closeness(Measured change, int from, int to) {
        if (Integer.signum(change.to - change.from) != Integer.signum(to - from)) {
            return 0;
        }
        if (change.from == from && change.to == to) {
            return 3;
        }
        return change.to - change.from == to - from ? 2 : 1;
    }
}
