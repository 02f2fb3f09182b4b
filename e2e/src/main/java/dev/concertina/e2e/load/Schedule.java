package dev.concertina.e2e.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What to send and when: a trace compressed in time by {@code speed} and in length by {@code scale}, prompts cut from the corpus, lengths
 * clamped to the model's context.
 *
 * @param requests in order of time
 * @param clamped requests whose lengths had to be cut
 */
public record Schedule(List<Planned> requests, int clamped) {
    public Schedule {
        requests = List.copyOf(requests);
    }

    /**
     * One request to send.
     *
     * @param number from 0
     * @param at since the start of the load
     * @param promptIds token ids
     * @param maxTokens tokens to generate
     */
    public record Planned(int number, Duration at, int[] promptIds, int maxTokens) {}

    /**
     * The domain that prompts are of.
     *
     * @param first at the beginning
     * @param second from {@code change} on
     * @param change since the start of the load
     */
    public record Domains(Corpus first, Corpus second, Duration change) {
        private Corpus at(Duration time) {
            return time.compareTo(change) < 0 ? first : second;
        }
    }

    /** Plans a load of one domain. */
    public static Schedule of(
            Trace trace,
            Corpus corpus,
            double speed,
            double scale,
            Duration length,
            int maxContext,
            RandomGenerator random) {
        return of(trace, new Domains(corpus, corpus, length), speed, scale, length, maxContext, random);
    }

    /**
     * Plans.
     *
     * @param speed trace seconds per second
     * @param scale divisor of both lengths
     * @param length of the load; later requests of the trace are left out
     * @param maxContext positions, prompt and answer together
     */
    public static Schedule of(
            Trace trace,
            Domains domains,
            double speed,
            double scale,
            Duration length,
            int maxContext,
            RandomGenerator random) {
        if (speed <= 0 || scale <= 0) {
            throw new IllegalArgumentException("speed and scale must be above 0");
        }
        List<Planned> planned = new ArrayList<>();
        int clamped = 0;
        for (Trace.Arrival arrival : trace.requests()) {
            Duration at = Duration.ofNanos((long) (arrival.at().toNanos() / speed));
            if (at.compareTo(length) >= 0) {
                break;
            }
            int prompt = Math.max(1, (int) Math.round(arrival.contextTokens() / scale));
            int answer = Math.max(1, (int) Math.round(arrival.generatedTokens() / scale));
            int fittingAnswer = Math.min(answer, maxContext / 2);
            int fittingPrompt = Math.min(prompt, maxContext - fittingAnswer);
            if (fittingAnswer < answer || fittingPrompt < prompt) {
                clamped++;
            }
            planned.add(new Planned(planned.size(), at, domains.at(at).cut(fittingPrompt, random), fittingAnswer));
        }
        return new Schedule(planned, clamped);
    }
}
