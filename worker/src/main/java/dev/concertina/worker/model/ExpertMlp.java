package dev.concertina.worker.model;

import dev.concertina.worker.kernels.Kernels;
import java.lang.foreign.MemorySegment;

/** Runs one expert over several rows. Keeps scratch that grows with the rows: one instance per thread. */
public final class ExpertMlp {
    private final Kernels kernels;
    private final ExpertLayout layout;
    private float[] gate = new float[0];
    private float[] up = new float[0];

    public ExpertMlp(Kernels kernels, ExpertLayout layout) {
        this.kernels = kernels;
        this.layout = layout;
    }

    /**
     * {@code out = down(silu(gate(x)) * up(x))}, unweighted.
     *
     * @param expert the expert's segment
     * @param x {@code (rows, hidden)}
     * @param out {@code (rows, hidden)}, overwritten
     */
    public void run(MemorySegment expert, float[] x, int rows, float[] out) {
        int values = rows * layout.width();
        if (gate.length < values) {
            gate = new float[values];
            up = new float[values];
        }
        kernels.matmul(expert, layout.gate(), layout.width(), layout.hidden(), x, rows, gate);
        kernels.matmul(expert, layout.up(), layout.width(), layout.hidden(), x, rows, up);
        kernels.swiglu(gate, up, values);
        kernels.matmul(expert, layout.down(), layout.hidden(), layout.width(), gate, rows, out);
    }
}
