package dev.concertina.scheduler.capacity;

import dev.concertina.scheduler.capacity.Roofline.Part;
import java.util.Set;

/** Some parts of one layer. */
record RooflineLayer(Roofline whole, Set<Part> parts) implements FactoredModel {
    @Override
    public int factors() {
        return whole.factors();
    }

    @Override
    public StepTime time(Batch batch, double[] logFactors) {
        return whole.layerTime(parts, batch, logFactors);
    }
}
