package dev.concertina.scheduler.capacity;

import dev.concertina.scheduler.load.Slo;

/**
 * What one engine step costs, as a function of width, batch, lengths and imbalance: the one question that the choice of a width asks about
 * hardware. Queueing, throughput and attainment follow from it. Implementations are immutable and safe for any number of threads.
 */
public interface CapacityModel {
    /** Seconds of one step of one rank; finite, above 0, and not falling with any figure of the batch. */
    double stepSeconds(Batch batch);

    /**
     * Most sequences that the KV cache of one rank holds. A wider instance holds fewer experts per rank, which may leave room for more.
     *
     * @param width ranks of the instance, at least 1
     * @param contextTokens mean tokens of KV cache per sequence
     * @return at least 0; infinity when memory does not bind
     */
    default double mostSequences(int width, double contextTokens) {
        return Double.POSITIVE_INFINITY;
    }

    /** Most prompt tokens that one step of a rank takes in. */
    default int chunkTokens() {
        return 8192;
    }

    /** What {@code width} ranks would give for this traffic: throughput, latencies and attainment by queueing theory. */
    default Prediction predict(Traffic traffic, int width, Slo slo) {
        return new Service(this, traffic, width).predict(slo);
    }

    /** The least width whose memory holds the model and one sequence of this traffic on each rank; {@code most} when none up to there does. */
    default int leastWidth(Traffic traffic, int most) {
        int width = 1;
        while (width < most && mostSequences(width, traffic.context()) < 1) {
            width++;
        }
        return width;
    }

    /** The same model with observed factors applied to it. */
    default CapacityModel corrected(Correction correction) {
        return correction.equals(Correction.NONE) ? this : new CorrectedCapacity(this, correction);
    }

    /**
     * What one rank computes in one step.
     *
     * @param width ranks of the instance, at least 1
     * @param sequences sequences that generate a token in this step, on this rank; may be a mean
     * @param promptTokens prompt tokens of this rank that the step takes in beside them
     * @param contextTokens mean tokens of KV cache of a generating sequence
     * @param imbalance busiest rank's expert load over the mean, 1 or more
     */
    record Batch(int width, double sequences, double promptTokens, double contextTokens, double imbalance) {
        public Batch {
            if (width < 1 || !(sequences >= 0) || !(promptTokens >= 0) || !(contextTokens >= 0) || !(imbalance >= 1)) {
                throw new IllegalArgumentException("a batch needs width >= 1, imbalance >= 1 and nothing negative, not "
                        + width + ", " + sequences + ", " + promptTokens + ", " + contextTokens + ", " + imbalance);
            }
        }

        /** Tokens that the rank computes. */
        public double tokens() {
            return sequences + promptTokens;
        }

        /** The step in which nothing is computed. */
        public Batch empty() {
            return new Batch(width, 0, 0, contextTokens, imbalance);
        }
    }
}
