package dev.concertina.scheduler.capacity;

import java.util.Arrays;
import java.util.List;

/**
 * A model whose parts each take a known multiple of what it says.
 *
 * @param model what is multiplied
 * @param multiples of each part, above 0
 */
public record FixedFactors(FactoredModel model, List<Double> multiples) implements CapacityModel {
    public FixedFactors {
        multiples = List.copyOf(multiples);
        if (multiples.size() != model.factors() || multiples.stream().anyMatch(m -> !(m > 0) || m.isInfinite())) {
            throw new IllegalArgumentException(
                    "there must be " + model.factors() + " factors above 0, not " + multiples);
        }
    }

    @Override
    public double stepSeconds(Batch batch) {
        return model.time(batch, logs()).seconds();
    }

    private double[] logs() {
        double[] logs = new double[multiples.size()];
        Arrays.setAll(logs, i -> Math.log(multiples.get(i)));
        return logs;
    }

    @Override
    public double mostSequences(int width, double contextTokens) {
        return model.mostSequences(width, contextTokens);
    }

    @Override
    public int chunkTokens() {
        return model.chunkTokens();
    }
}
