package dev.concertina.scheduler.capacity;

/** A model whose step is made of parts, each of which may turn out to take another multiple of what the model says. */
public interface FactoredModel extends CapacityModel {
    /** How many parts there are. */
    int factors();

    /**
     * The time of a step when each part takes its own multiple of what the model says.
     *
     * @param logFactors {@code [factors]}, natural logarithms; zeros for the model itself
     */
    StepTime time(Batch batch, double[] logFactors);

    @Override
    default double stepSeconds(Batch batch) {
        return time(batch, new double[factors()]).seconds();
    }
}
