package dev.concertina.e2e.bench;

import dev.concertina.memory.model.ModelDescription;
import dev.concertina.memory.model.ModelFiles;
import dev.concertina.wire.ObjectId;
import dev.concertina.worker.kernels.Kernels;
import dev.concertina.worker.kv.KvCache;
import dev.concertina.worker.kv.KvLayout;
import dev.concertina.worker.model.Batch;
import dev.concertina.worker.model.DenseWeights;
import dev.concertina.worker.model.ExpertLayout;
import dev.concertina.worker.model.ExpertMlp;
import dev.concertina.worker.model.ExpertsUnavailableException;
import dev.concertina.worker.model.Forward;
import dev.concertina.worker.model.LocalExperts;
import dev.concertina.worker.model.ModelShape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Several sequences in one process, all experts here: the engine's forward pass with nothing around it. Not safe for threads. */
final class Passes {
    /** Rows of a prefill pass. */
    static final int CHUNK = 64;

    /** Room for decoding after a prompt. */
    private static final int MOST_STEPS = 16;

    private final ModelShape shape;
    private final Forward forward;
    private final LocalExperts experts;
    private final KvCache kv;
    private final Batch batch = new Batch(CHUNK);
    private final int[][] pages; // [sequence](pages)
    private final int[] last; // [sequence]
    private final int[] position; // [sequence]

    Passes(ModelFiles files, Kernels kernels, int sequences, int longestPrompt) throws IOException {
        ModelDescription model = files.description();
        shape = ModelShape.of(model.configJson());
        forward = new Forward(shape, DenseWeights.of(shape, model, files.segment(ObjectId.DENSE)), kernels, CHUNK);
        MemorySegment[][] weights = new MemorySegment[shape.layers()][shape.experts()];
        for (int layer = 0; layer < shape.layers(); layer++) {
            for (int expert = 0; expert < shape.experts(); expert++) {
                weights[layer][expert] = files.segment(ObjectId.expert(layer, expert));
            }
        }
        experts = new LocalExperts(shape, new ExpertMlp(kernels, ExpertLayout.of(shape, model)), weights);
        KvLayout layout = new KvLayout(shape.layers(), shape.kvHeads(), shape.headDim());
        int each = KvLayout.pagesFor(longestPrompt + MOST_STEPS);
        kv = new KvCache(Arena.ofAuto().allocate(sequences * each * layout.pageBytes(), 64), layout);
        pages = new int[sequences][];
        for (int sequence = 0; sequence < sequences; sequence++) {
            pages[sequence] =
                    IntStream.range(sequence * each, (sequence + 1) * each).toArray();
        }
        last = new int[sequences];
        position = new int[sequences];
    }

    ModelShape shape() {
        return shape;
    }

    /** Starts a sequence anew with a prompt and chooses its first token. */
    void prefill(int sequence, int[] prompt) {
        for (int from = 0; from < prompt.length; from += CHUNK) {
            batch.clear();
            for (int at = from; at < Math.min(prompt.length, from + CHUNK); at++) {
                batch.add(prompt[at], at, pages[sequence], at + 1 == prompt.length);
            }
            run();
        }
        last[sequence] = forward.argmax(0);
        position[sequence] = prompt.length;
    }

    /** One step: the next token of every sequence. */
    void decode() {
        batch.clear();
        for (int sequence = 0; sequence < last.length; sequence++) {
            batch.add(last[sequence], position[sequence]++, pages[sequence], true);
        }
        run();
        for (int sequence = 0; sequence < last.length; sequence++) {
            last[sequence] = forward.argmax(sequence);
        }
    }

    /** The newest token of every sequence. */
    int[] last() {
        return Arrays.copyOf(last, last.length);
    }

    private void run() {
        try {
            forward.run(batch, kv, experts);
        } catch (ExpertsUnavailableException e) {
            throw new IllegalStateException("experts in this process are always available", e);
        }
    }
}
