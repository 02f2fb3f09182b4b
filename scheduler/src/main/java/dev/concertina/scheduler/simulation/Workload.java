package dev.concertina.scheduler.simulation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Requests as they come to a deployment.
 *
 * @param name for people
 * @param requests in order of time
 */
public record Workload(String name, List<Arrival> requests) {
    public Workload {
        requests = List.copyOf(requests);
        double before = 0;
        for (int i = 0; i < requests.size(); i++) {
            Arrival arrival = requests.get(i);
            if (!(arrival.atSeconds() >= before) || arrival.promptTokens() < 0 || arrival.generatedTokens() < 0) {
                throw new IllegalArgumentException("request " + i + " of " + name
                        + " comes before the one above it, or has a negative length: " + arrival);
            }
            before = arrival.atSeconds();
        }
    }

    /**
     * One request.
     *
     * @param atSeconds since the start
     * @param promptTokens length of its prompt
     * @param generatedTokens length of its answer
     */
    public record Arrival(double atSeconds, int promptTokens, int generatedTokens) {}

    /** Seconds until the last arrival. */
    public double seconds() {
        return requests.isEmpty() ? 0 : requests.getLast().atSeconds();
    }

    /** Mean prompt tokens of a request. */
    public double meanPrompt() {
        return requests.stream().mapToInt(Arrival::promptTokens).average().orElse(0);
    }

    /** Mean generated tokens of a request. */
    public double meanGenerated() {
        return requests.stream().mapToInt(Arrival::generatedTokens).average().orElse(0);
    }

    /**
     * The same traffic {@code copies} times as strong: each request and others like it within {@code jitterSeconds} after it, so that the course
     * of the rate and its bursts stay. A copy takes the lengths of a request nearby.
     */
    public Workload times(int copies, double jitterSeconds, long seed) {
        if (copies < 1 || !(jitterSeconds >= 0)) {
            throw new IllegalArgumentException("copies must be at least 1 and jitter not negative");
        }
        if (copies == 1) {
            return this;
        }
        SplittableRandom random = new SplittableRandom(seed);
        List<Arrival> all = new ArrayList<>(requests);
        for (int i = 0; i < requests.size(); i++) {
            for (int c = 1; c < copies; c++) {
                Arrival like = requests.get(Math.floorMod(i + random.nextInt(-100, 101), requests.size()));
                all.add(new Arrival(
                        requests.get(i).atSeconds() + jitterSeconds * random.nextDouble(),
                        like.promptTokens(),
                        like.generatedTokens()));
            }
        }
        all.sort(Comparator.comparingDouble(Arrival::atSeconds));
        return new Workload(name + " x " + copies, all);
    }
}
