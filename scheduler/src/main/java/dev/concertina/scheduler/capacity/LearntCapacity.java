package dev.concertina.scheduler.capacity;

/**
 * A model and what observations have corrected in it. {@link #observe} hands back the corrected model; nothing is profiled beforehand.
 * Immutable and safe for any number of threads.
 */
public final class LearntCapacity implements CapacityModel {
    private final FactoredModel prior;
    private final Filter filter;

    private LearntCapacity(FactoredModel prior, Filter filter) {
        this.prior = prior;
        this.filter = filter;
    }

    /** The prior alone. */
    public static LearntCapacity of(FactoredModel prior) {
        return new LearntCapacity(prior, Filter.initial(prior.factors()));
    }

    /** The model with one more observation; unchanged by one that is not settled. */
    public LearntCapacity observe(Observation observation) {
        if (!observation.settled()) {
            return this;
        }
        Filter next = filter.observe(prior, observation.step(), observation.seconds(), observation.relativeError());
        return new LearntCapacity(prior, next);
    }

    /** Observations that were learnt from. */
    public long observations() {
        return filter.observations();
    }

    /** {@code [factors]}: how many times longer than the prior says each part of a step takes. */
    public double[] multiples() {
        return filter.multiples();
    }

    /** How sure {@link #stepSeconds} is: standard deviation of its logarithm, which is the relative error where it is small. */
    public double relativeError(Batch batch) {
        return filter.deviation(prior, batch);
    }

    @Override
    public double stepSeconds(Batch batch) {
        return filter.seconds(prior, batch);
    }

    @Override
    public double mostSequences(int width, double contextTokens) {
        return prior.mostSequences(width, contextTokens);
    }

    @Override
    public int chunkTokens() {
        return prior.chunkTokens();
    }
}
