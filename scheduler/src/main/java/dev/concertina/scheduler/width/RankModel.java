package dev.concertina.scheduler.width;

import dev.concertina.scheduler.load.Slo;

/**
 * What a rank does with a batch. A step with b sequences and their share of prompt tokens takes {@code step + b / (share x capacity)}
 * seconds, so a rank's work per second rises with its batch towards {@code capacity}.
 *
 * <p>Requests in service share the ranks, so the number N of them is a birth-death process with arrivals at the offered rate and a departure
 * rate that depends on N: generalised processor sharing, whose stationary distribution does not depend on the distribution of request
 * lengths (J. W. Cohen, "The multiple phase service network with generalized processor sharing", Acta Informatica 12, 1979, for Poisson
 * arrivals). With k ranks evenly loaded, p(n) / p(n-1) = (generated x step + work x n / (k x capacity)) / n. A request meets the objective
 * when it finds no more than the n at which a step is as long as the objective allows (arrivals see time averages).
 *
 * @param capacity work per rank and second with large batches, tokens
 * @param stepSeconds time of a step with an empty batch
 * @param generatedShare share of generated tokens in the work, above 0, at most 1
 * @param prefillSeconds time that the prompt of a mean request takes alone
 */
record RankModel(double capacity, double stepSeconds, double generatedShare, double prefillSeconds) {
    private static final int MOST_STATES = 4_000_000;
    private static final double RESCALE = 1e200;
    /** On average a request waits for half a step before its own first one. */
    private static final double STEPS_TO_FIRST_TOKEN = 1.5;

    /** Use of {@code width} ranks by {@code work} tokens per second, 0 to 1 and above. */
    double utilization(double work, int width) {
        return work / (width * capacity);
    }

    /** Share of requests within the objective when {@code work} tokens per second are offered to {@code width} ranks. */
    double attainment(double work, int width, Slo slo) {
        double use = utilization(work, width);
        double most = mostSequences(width, slo);
        if (use >= 1 || most < 0) {
            return 0;
        }
        if (work <= 0) {
            return 1;
        }
        double offeredSteps = generatedShare * work * stepSeconds;
        double term = 1;
        double within = 1;
        double total = 1;
        for (int n = 1; n < MOST_STATES; n++) {
            double ratio = offeredSteps / n + use;
            term *= ratio;
            total += term;
            if (n <= most) {
                within += term;
            }
            if (term > RESCALE) {
                term /= RESCALE;
                total /= RESCALE;
                within /= RESCALE;
            }
            if (ratio < 1 && term / (1 - ratio) < 1e-9 * total) {
                break;
            }
        }
        return within / total;
    }

    /** Most sequences in service at which both objectives hold; negative when not even one alone is fast enough. */
    private double mostSequences(int width, Slo slo) {
        double forFirst = (slo.ttft().toNanos() / 1e9 - prefillSeconds) / STEPS_TO_FIRST_TOKEN;
        double stepLimit = Math.min(forFirst, slo.tpot().toNanos() / 1e9);
        return (stepLimit - stepSeconds) * width * generatedShare * capacity;
    }
}
