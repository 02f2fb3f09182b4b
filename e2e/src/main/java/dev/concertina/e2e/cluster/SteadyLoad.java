package dev.concertina.e2e.cluster;

import dev.concertina.e2e.load.Trace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Requests that come at random but at the same rate all the time, so that whatever changes is due to the widths. */
final class SteadyLoad {
    /** Long enough for any walk; the load is finished before. */
    static final Duration LENGTH = Duration.ofMinutes(30);

    private static final int SHORTEST_PROMPT = 16;
    private static final int LONGEST_PROMPT = 160;
    private static final int SHORTEST_ANSWER = 16;
    private static final int LONGEST_ANSWER = 96;

    private SteadyLoad() {}

    /** A Poisson process; lengths are even between their bounds. */
    static Trace of(double requestsPerSecond, RandomGenerator random) {
        List<Trace.Arrival> arrivals = new ArrayList<>();
        double at = 0;
        while (at < LENGTH.toSeconds()) {
            arrivals.add(new Trace.Arrival(
                    Duration.ofNanos((long) (at * 1e9)),
                    random.nextInt(SHORTEST_PROMPT, LONGEST_PROMPT + 1),
                    random.nextInt(SHORTEST_ANSWER, LONGEST_ANSWER + 1)));
            at -= Math.log1p(-random.nextDouble()) / requestsPerSecond;
        }
        return new Trace(requestsPerSecond + " requests/s, steady", arrivals);
    }
}
