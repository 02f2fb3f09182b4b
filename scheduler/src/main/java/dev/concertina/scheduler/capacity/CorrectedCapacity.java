package dev.concertina.scheduler.capacity;

/** A model with factors on its fixed and its marginal cost. */
record CorrectedCapacity(CapacityModel prior, Correction correction) implements CapacityModel {
    @Override
    public double stepSeconds(Batch batch) {
        double empty = prior.stepSeconds(batch.empty());
        return correction.fixed() * empty + correction.marginal() * (prior.stepSeconds(batch) - empty);
    }

    @Override
    public double mostSequences(int width, double contextTokens) {
        return prior.mostSequences(width, contextTokens);
    }

    @Override
    public int chunkTokens() {
        return prior.chunkTokens();
    }

    @Override
    public CapacityModel corrected(Correction next) {
        return prior.corrected(next);
    }
}
