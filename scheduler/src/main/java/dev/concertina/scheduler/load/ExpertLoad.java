package dev.concertina.scheduler.load;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Tokens routed to each expert, with exponential decay over event time, summed over ranks. */
final class ExpertLoad {
    private static final int MOST_CELLS = 1 << 20;

    private final double halfLifeSeconds;
    /** {@code [layer][expert]}, as of {@code at}. */
    private double[][] load = new double[0][];

    private @Nullable Instant at;

    ExpertLoad(Duration halfLife) {
        halfLifeSeconds = halfLife.toNanos() / 1e9;
    }

    /** False when the table is ragged, negative, too large or of another shape than the first. */
    boolean add(TrafficEvent.Experts event) {
        if (!wellFormed(event.tokens())) {
            return false;
        }
        if (load.length == 0) {
            load = new double[event.tokens().length][event.tokens()[0].length];
        }
        double weight = 1;
        if (at == null || event.time().isAfter(at)) {
            decayTo(event.time());
        } else {
            weight = decay(event.time(), at);
        }
        for (int layer = 0; layer < load.length; layer++) {
            for (int expert = 0; expert < load[layer].length; expert++) {
                load[layer][expert] += weight * event.tokens()[layer][expert];
            }
        }
        return true;
    }

    private boolean wellFormed(long[][] tokens) {
        return regular(tokens, MOST_CELLS)
                && (load.length == 0 || (load.length == tokens.length && load[0].length == tokens[0].length));
    }

    /** True when the table is rectangular, not empty, not negative and of at most so many cells. */
    static boolean regular(long[][] tokens, int mostCells) {
        if (tokens.length == 0
                || tokens[0] == null
                || tokens[0].length == 0
                || (long) tokens.length * tokens[0].length > mostCells) {
            return false;
        }
        for (long[] layer : tokens) {
            if (layer == null || layer.length != tokens[0].length) {
                return false;
            }
            for (long count : layer) {
                if (count < 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private void decayTo(Instant time) {
        if (at != null) {
            double factor = decay(at, time);
            for (double[] layer : load) {
                for (int expert = 0; expert < layer.length; expert++) {
                    layer[expert] *= factor;
                }
            }
        }
        at = time;
    }

    private double decay(Instant from, Instant to) {
        return Math.pow(0.5, Duration.between(from, to).toNanos() / 1e9 / halfLifeSeconds);
    }

    /** A copy; of length 0 before the first report. */
    double[][] snapshot() {
        double[][] copy = new double[load.length][];
        for (int layer = 0; layer < load.length; layer++) {
            copy[layer] = load[layer].clone();
        }
        return copy;
    }
}
