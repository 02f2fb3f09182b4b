package dev.concertina.e2e.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A generated hour of a chat service: a slow swell, four bursts of a few minutes, Poisson arrivals around them, log-normal lengths with the
 * means of Azure's conversation trace (1,155 in, 211 out).
 */
public final class BurstyHour {
    private static final int SECONDS = 3600;
    /** Start and length of the bursts, seconds. */
    private static final int[][] BURSTS = {{500, 300}, {1300, 420}, {2250, 240}, {2900, 300}};

    private static final double BURST_FACTOR = 2.6;
    private static final double MEAN_CONTEXT = 1155;
    private static final double MEAN_GENERATED = 211;

    private BurstyHour() {}

    /** Requests a second at a second of the hour. */
    static double rate(int second, double base) {
        double swell = 1 + 0.35 * Math.sin(2 * Math.PI * second / SECONDS - 1);
        for (int[] burst : BURSTS) {
            if (second >= burst[0] && second < burst[0] + burst[1]) {
                return base * swell * BURST_FACTOR;
            }
        }
        return base * swell;
    }

    /**
     * Generates the hour.
     *
     * @param base mean requests a second outside the bursts
     */
    public static Trace generate(RandomGenerator random, double base) {
        List<Trace.Arrival> requests = new ArrayList<>();
        double at = 0;
        while (true) {
            at += random.nextExponential() / rate((int) at, base);
            if (at >= SECONDS) {
                return new Trace("built-in bursty hour", shifted(requests));
            }
            requests.add(new Trace.Arrival(
                    Duration.ofNanos((long) (at * 1e9)),
                    length(random, MEAN_CONTEXT, 1.0),
                    length(random, MEAN_GENERATED, 0.7)));
        }
    }

    private static List<Trace.Arrival> shifted(List<Trace.Arrival> requests) {
        Duration first = requests.getFirst().at();
        return requests.stream()
                .map(r -> new Trace.Arrival(r.at().minus(first), r.contextTokens(), r.generatedTokens()))
                .toList();
    }

    private static int length(RandomGenerator random, double mean, double sigma) {
        double mu = Math.log(mean) - sigma * sigma / 2;
        return (int) Math.max(1, Math.min(16_000, Math.exp(mu + sigma * random.nextGaussian())));
    }
}
