package dev.concertina.worker.model;

import java.lang.foreign.MemorySegment;

/** All experts in this process: the single-process run. One instance per thread. */
public final class LocalExperts implements Experts {
    private final ExpertMlp mlp;
    private final MemorySegment[][] experts; // [layer][expert]
    private final ExpertGroups groups;
    private final int hidden;
    private float[] in = new float[0];
    private float[] result = new float[0];

    /**
     * Runs on the given segments.
     *
     * @param experts {@code [layer][expert]}, none missing
     */
    public LocalExperts(ModelShape shape, ExpertMlp mlp, MemorySegment[][] experts) {
        this.mlp = mlp;
        this.experts = experts;
        this.groups = new ExpertGroups(shape.experts(), shape.topK());
        this.hidden = shape.hidden();
    }

    @Override
    public void compute(int layer, int rows, float[] x, int[] chosen, float[] out) {
        groups.group(rows, chosen);
        for (int expert = 0; expert < experts[layer].length; expert++) {
            int count = groups.count(expert);
            if (count > 0) {
                if (in.length < count * hidden) {
                    in = new float[count * hidden];
                    result = new float[count * hidden];
                }
                groups.gather(expert, x, hidden, in, 0);
                mlp.run(experts[layer][expert], in, count, result);
                groups.scatter(expert, result, 0, hidden, out);
            }
        }
    }
}
