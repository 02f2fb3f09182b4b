package dev.concertina.worker.exchange;

import dev.concertina.worker.epoch.AttachedEpoch;
import dev.concertina.worker.kernels.Kernels;
import dev.concertina.worker.model.ExpertLayout;
import dev.concertina.worker.model.ExpertMlp;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;

/** Computes one connection's requests: runs of rows of the same expert, one weight pass each. Used by one thread. */
public final class Responder {
    private final ExpertMlp mlp;
    private final int hidden;
    private final Semaphore compute;
    private final LongAdder rowsComputed;
    private int[] experts = new int[0];
    private float[] x = new float[0];
    private float[] run = new float[0];
    private float[] result = new float[0];
    private float[] out = new float[0];

    /**
     * A responder with scratch of its own.
     *
     * @param compute bounds how many responders compute at once
     * @param rowsComputed counts expert rows computed on this device
     */
    public Responder(Kernels kernels, ExpertLayout layout, Semaphore compute, LongAdder rowsComputed) {
        this.mlp = new ExpertMlp(kernels, layout);
        this.hidden = layout.hidden();
        this.compute = compute;
        this.rowsComputed = rowsComputed;
    }

    /** Reads the rest of a request from {@code frame} and turns it into the answer or a refusal. */
    void answer(Frame frame, long request, AttachedEpoch epoch) throws IOException {
        int layer = frame.getInt();
        int rows = frame.getInt();
        if (rows < 0 || (long) rows * (Integer.BYTES + (long) hidden * Float.BYTES) != frame.remaining()) {
            throw new IOException("a request of " + rows + " rows has another length; is the peer's model the same?");
        }
        grow(rows);
        frame.getInts(experts, rows);
        frame.getFloats(x, rows * hidden);
        compute.acquireUninterruptibly();
        try {
            for (int from = 0; from < rows; ) {
                int to = from + 1;
                while (to < rows && experts[to] == experts[from]) {
                    to++;
                }
                MemorySegment weights = epoch.expert(layer, experts[from]);
                if (weights == null) {
                    frame.begin(Frame.REFUSED)
                            .putLong(request)
                            .putString("expert " + layer + "/" + experts[from] + " is not here in epoch "
                                    + epoch.number());
                    return;
                }
                int count = to - from;
                System.arraycopy(x, from * hidden, run, 0, count * hidden);
                mlp.run(weights, run, count, result);
                System.arraycopy(result, 0, out, from * hidden, count * hidden);
                from = to;
            }
            rowsComputed.add(rows);
        } finally {
            compute.release();
        }
        frame.begin(Frame.ANSWER).putLong(request).putInt(rows).putFloats(out, rows * hidden);
    }

    private void grow(int rows) {
        if (experts.length < rows) {
            experts = new int[rows];
            x = new float[rows * hidden];
            run = new float[rows * hidden];
            result = new float[rows * hidden];
            out = new float[rows * hidden];
        }
    }
}
