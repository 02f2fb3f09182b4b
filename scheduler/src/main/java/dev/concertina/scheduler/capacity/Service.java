package dev.concertina.scheduler.capacity;

import dev.concertina.scheduler.load.Slo;

/**
 * Ranks in service of one traffic, as a queue. The requests in service share the ranks: their number is a birth-death process whose departure
 * rate at n is n over the steps of an answer, each as long as n sequences and their share of prompts make it (generalised processor sharing,
 * whose stationary distribution does not depend on the distribution of lengths: J. W. Cohen, Acta Informatica 12, 1979). A request keeps the
 * objective for output tokens when it finds no more than the n at which a step is that long (arrivals see time averages). Prompts wait for each
 * other in a queue of their own, whose waiting time has the exponential tail of Kingman's and Sakasegawa's approximations for several servers
 * (H. Sakasegawa, Annals of the Institute of Statistical Mathematics 29, 1977).
 */
final class Service {
    private static final int GRID = 40;
    /** Of one rank, where memory sets no limit. */
    private static final double MOST_SEQUENCES = 4096;

    private static final int MOST_STATES = 200_000;
    private static final double RESCALE = 1e200;

    private final CapacityModel model;
    private final Traffic traffic;
    private final int width;
    private final double generated;
    private final double mostSequences;
    /** Batches per rank, ascending, and the time of their steps. */
    private final double[] batch = new double[GRID];

    private final double[] seconds = new double[GRID];

    Service(CapacityModel model, Traffic traffic, int width) {
        this.model = model;
        this.traffic = traffic;
        this.width = width;
        this.generated = Math.max(1, traffic.generatedTokens());
        this.mostSequences = Math.min(MOST_SEQUENCES, model.mostSequences(width, traffic.context()));
        if (mostSequences >= 1) {
            for (int i = 0; i < GRID; i++) {
                batch[i] = Math.pow(mostSequences, i / (GRID - 1.0));
                seconds[i] = mixedStep(batch[i]);
            }
        }
    }

    /** Mean step of a rank with so many sequences, when prompts come in as fast as answers go on. */
    private double mixedStep(double sequences) {
        double prompts = sequences * traffic.promptTokens() / generated;
        double chunk = Math.min(prompts, model.chunkTokens());
        double steps = chunk > 0 ? prompts / chunk : 1;
        return steps * model.stepSeconds(step(sequences, chunk));
    }

    private CapacityModel.Batch step(double sequences, double prompt) {
        return new CapacityModel.Batch(width, sequences, prompt, traffic.context(), traffic.imbalance());
    }

    Prediction predict(Slo slo) {
        double tpot = slo.tpotMs() / 1e3;
        if (mostSequences < 1 || seconds[0] > tpot) {
            return tooSmall(Double.POSITIVE_INFINITY, 0);
        }
        double within = batchWithin(tpot);
        double mostRate = width * within / (generated * step(within));
        double use = traffic.requestsPerSecond() / mostRate;
        if (use >= 1) {
            return tooSmall(use, mostRate);
        }
        States states = new States(within);
        double first = firstToken(states.meanSequences / width);
        double promptsWithin = promptsWithin(slo.ttftMs() / 1e3 - first, states.meanSequences / width);
        return new Prediction(
                width,
                use,
                mostRate,
                mostRate * generated,
                states.meanSequences,
                first + promptWait(states.meanSequences / width),
                states.meanStep,
                states.within * promptsWithin,
                saturatedRate());
    }

    private Prediction tooSmall(double use, double mostRate) {
        double endless = Double.POSITIVE_INFINITY;
        return new Prediction(
                width, use, mostRate, mostRate * generated, endless, endless, endless, 0, saturatedRate());
    }

    private double saturatedRate() {
        return mostSequences < 1 ? 0 : width * mostSequences / (generated * step(mostSequences));
    }

    /** Time of a step with so many sequences per rank, from the table. */
    private double step(double sequences) {
        double at = Math.log(Math.max(1, sequences)) / Math.log(Math.max(mostSequences, 1 + 1e-9)) * (GRID - 1);
        int left = Math.min(GRID - 2, Math.max(0, (int) at));
        double span = batch[left + 1] - batch[left];
        double share = span > 0 ? Math.clamp((sequences - batch[left]) / span, 0, 1) : 0;
        return seconds[left] + share * (seconds[left + 1] - seconds[left]);
    }

    /** The largest batch whose step is not longer than that; the first one's is known not to be. */
    private double batchWithin(double limit) {
        int i = 0;
        while (i < GRID - 1 && seconds[i + 1] <= limit) {
            i++;
        }
        if (i == GRID - 1) {
            return mostSequences;
        }
        double share = (limit - seconds[i]) / (seconds[i + 1] - seconds[i]);
        return batch[i] + share * (batch[i + 1] - batch[i]);
    }

    /** Own prompt and half a step of waiting, in seconds, beside so many sequences. */
    private double firstToken(double sequences) {
        double chunk = Math.min(Math.max(1, traffic.promptTokens()), model.chunkTokens());
        double chunks = Math.max(1, traffic.promptTokens()) / chunk;
        return chunks * model.stepSeconds(step(sequences, chunk)) + step(sequences) / 2;
    }

    /** Time that a rank needs for a mean prompt when others wait behind it. */
    private double promptSeconds(double sequences) {
        double chunk = model.chunkTokens();
        return traffic.promptTokens() / chunk * model.stepSeconds(step(sequences, chunk));
    }

    /** Share of prompts that wait at all. */
    private double promptsWait(double use) {
        return Math.pow(use, Math.sqrt(2.0 * (width + 1)) - 1);
    }

    /** Mean wait of those that wait, seconds. */
    private double waitOfWaiting(double use, double sequences) {
        double variation = (traffic.arrivalVariation() + traffic.promptVariation()) / 2;
        return variation * promptSeconds(sequences) / (width * (1 - use));
    }

    private double promptUse(double sequences) {
        return traffic.requestsPerSecond() * promptSeconds(sequences) / width;
    }

    private double promptWait(double sequences) {
        double use = promptUse(sequences);
        return use >= 1 ? Double.POSITIVE_INFINITY : promptsWait(use) * waitOfWaiting(use, sequences);
    }

    /** Share of prompts that wait no longer than {@code slack} seconds. */
    private double promptsWithin(double slack, double sequences) {
        double use = promptUse(sequences);
        if (slack < 0 || use >= 1) {
            return 0;
        }
        double mean = waitOfWaiting(use, sequences);
        return mean > 0 ? 1 - promptsWait(use) * Math.exp(-slack / mean) : 1;
    }

    /** Stationary distribution of the number in service. */
    private final class States {
        private final double within;
        private final double meanSequences;
        private final double meanStep;

        private States(double batchWithin) {
            double rate = traffic.requestsPerSecond();
            double most = batchWithin * width;
            // arrivals in clusters: the same process in units of a cluster
            double cluster = Math.max(1, traffic.arrivalVariation());
            double term = 1;
            double total = 1;
            double good = 1;
            double sequences = 0;
            double steps = 0;
            for (int m = 1; m < MOST_STATES && rate > 0; m++) {
                double n = m * cluster;
                double served = Math.min(n, mostSequences * width);
                double step = step(served / width);
                double ratio = rate * generated * step / served;
                term *= ratio;
                total += term;
                good += n <= most ? term : 0;
                sequences += term * n;
                steps += term * n * step;
                if (total > RESCALE) {
                    term /= RESCALE;
                    total /= RESCALE;
                    good /= RESCALE;
                    sequences /= RESCALE;
                    steps /= RESCALE;
                }
                if (ratio < 1 && term / (1 - ratio) < 1e-9 * total) {
                    break;
                }
            }
            within = good / total;
            meanSequences = sequences / total;
            meanStep = sequences > 0 ? steps / sequences : seconds[0];
        }
    }
}
