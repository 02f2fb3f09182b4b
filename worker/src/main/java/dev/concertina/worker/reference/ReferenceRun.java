package dev.concertina.worker.reference;

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
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Generates greedily in one process. Not safe for threads: one instance each. */
public final class ReferenceRun implements AutoCloseable {
    private static final int CHUNK = 64;

    private final ModelFiles files;
    private final ModelShape shape;
    private final Forward forward;
    private final LocalExperts experts;
    private final KvCache kv;
    private final int[] pages;
    private final Batch batch = new Batch(CHUNK);

    ReferenceRun(Kernels kernels, ModelFiles files, MemorySegment dense, MemorySegment[][] experts) {
        this.files = files;
        ModelDescription model = files.description();
        this.shape = ModelShape.of(model.configJson());
        this.forward = new Forward(shape, DenseWeights.of(shape, model, dense), kernels, CHUNK);
        this.experts = new LocalExperts(shape, new ExpertMlp(kernels, ExpertLayout.of(shape, model)), experts);
        KvLayout layout = new KvLayout(shape.layers(), shape.kvHeads(), shape.headDim());
        this.pages = IntStream.range(0, KvLayout.pagesFor(shape.maxContext())).toArray();
        this.kv = new KvCache(Arena.ofAuto().allocate(pages.length * layout.pageBytes(), 64), layout);
    }

    /**
     * Reads a model folder in Hugging Face layout into this process.
     *
     * @throws IOException in one sentence when the folder does not hold such a model
     */
    public static ReferenceRun open(Path folder) throws IOException {
        return open(folder, Kernels.best());
    }

    static ReferenceRun open(Path folder, Kernels kernels) throws IOException {
        ModelFiles files = ModelFiles.open(folder);
        try {
            MemorySegment[][] experts =
                    new MemorySegment[files.shape().layers()][files.shape().experts()];
            for (int layer = 0; layer < experts.length; layer++) {
                for (int expert = 0; expert < experts[layer].length; expert++) {
                    experts[layer][expert] = files.segment(ObjectId.expert(layer, expert));
                }
            }
            return new ReferenceRun(kernels, files, files.segment(ObjectId.DENSE), experts);
        } catch (IOException | RuntimeException e) {
            files.close();
            throw e;
        }
    }

    /** The model's dimensions. */
    public ModelShape shape() {
        return shape;
    }

    /**
     * Greedy ids after a prompt.
     *
     * @param promptIds at least one
     * @param maxTokens most ids to generate; prompt and answer must fit into the context
     * @param stopIds ids that end the answer and are not part of it, as the model's own end tokens do
     */
    public int[] generate(int[] promptIds, int maxTokens, int... stopIds) {
        if (promptIds.length == 0 || promptIds.length + maxTokens > shape.maxContext()) {
            throw new IllegalArgumentException("a prompt of " + promptIds.length + " and " + maxTokens
                    + " tokens does not fit into a context of " + shape.maxContext());
        }
        int[] answer = new int[maxTokens];
        prefill(promptIds, CHUNK, Observer.NONE);
        for (int i = 0; i < maxTokens; i++) {
            int next = forward.argmax(0);
            if (shape.eosIds().contains(next) || IntStream.of(stopIds).anyMatch(stop -> stop == next)) {
                return Arrays.copyOf(answer, i);
            }
            answer[i] = next;
            if (i + 1 < maxTokens) {
                batch.clear();
                batch.add(next, promptIds.length + i, pages, true);
                run();
            }
        }
        return answer;
    }

    /** Logits after a prompt, {@code (vocab)}. */
    public float[] logitsAfter(int[] promptIds) {
        return logitsAfter(promptIds, CHUNK);
    }

    /** As {@link #logitsAfter(int[])}, cut into chunks of at most that many rows; 1 is what decoding does. */
    float[] logitsAfter(int[] promptIds, int chunk) {
        prefill(promptIds, chunk, Observer.NONE);
        return Arrays.copyOf(forward.logits(), shape.vocab());
    }

    /** The experts of every prompt token, {@code [layer][position](topK)} in the router's order. */
    public int[][][] routes(int[] promptIds) {
        int[][][] routes = new int[shape.layers()][promptIds.length][];
        prefill(promptIds, CHUNK, (from, rows) -> {
            for (int layer = 0; layer < shape.layers(); layer++) {
                for (int row = 0; row < rows; row++) {
                    int at = row * shape.topK();
                    routes[layer][from + row] = Arrays.copyOfRange(forward.chosen()[layer], at, at + shape.topK());
                }
            }
        });
        return routes;
    }

    @FunctionalInterface
    private interface Observer {
        Observer NONE = (from, rows) -> {};

        void ran(int from, int rows);
    }

    private void prefill(int[] ids, int chunk, Observer observer) {
        for (int from = 0; from < ids.length; from += chunk) {
            int to = Math.min(ids.length, from + chunk);
            batch.clear();
            for (int position = from; position < to; position++) {
                batch.add(ids[position], position, pages, position + 1 == ids.length);
            }
            run();
            observer.ran(from, to - from);
        }
    }

    private void run() {
        try {
            forward.run(batch, kv, experts);
        } catch (ExpertsUnavailableException e) {
            throw new IllegalStateException("experts in this process are always available", e);
        }
    }

    /** Frees the weights. */
    @Override
    public void close() {
        files.close();
    }
}
