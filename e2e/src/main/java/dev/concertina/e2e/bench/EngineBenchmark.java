package dev.concertina.e2e.bench;

import dev.concertina.e2e.load.Corpus;
import dev.concertina.memory.model.ModelFiles;
import dev.concertina.worker.kernels.Kernels;
import dev.concertina.worker.kernels.ScalarKernels;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** The forward pass of a worker, on one thread: vector kernels against their scalar twin, which must give the same tokens. */
final class EngineBenchmark implements Benchmark {
    private static final int SEQUENCES = 16;
    private static final int STEPS = 8;
    private static final int CONTEXT = 16;
    private static final int PROMPT = 128;
    private static final int WARM_UPS = 3;
    private static final int ROUNDS = 7;

    @Override
    public List<Result> run(BenchContext context) throws IOException, InterruptedException {
        Kernels best = Kernels.best();
        if (best instanceof ScalarKernels) {
            context.say()
                    .accept("  left out: this hardware has no 256-bit vectors, the scalar kernels are the best here");
            return List.of();
        }
        try (ModelFiles files = ModelFiles.open(context.model())) {
            Passes vector = new Passes(files, best, SEQUENCES, PROMPT);
            Passes scalar = new Passes(files, new ScalarKernels(), SEQUENCES, PROMPT);
            int vocab = vector.shape().vocab();
            int[] prompt = Arrays.stream(Corpus.shakespeare().cut(PROMPT, new Random(1)))
                    .map(id -> id % vocab)
                    .toArray();
            double[] tokensPerS = Repetitions.medians(
                    WARM_UPS,
                    ROUNDS,
                    () -> decode(vector, prompt),
                    () -> decode(scalar, prompt),
                    () -> prefill(vector, prompt),
                    () -> prefill(scalar, prompt));
            if (!Arrays.equals(vector.last(), scalar.last())) {
                throw new IOException("vector and scalar kernels chose different tokens: "
                        + Arrays.toString(vector.last()) + " and " + Arrays.toString(scalar.last()));
            }
            Aim aim = Aim.ratioAtLeast(2);
            return List.of(
                    Result.of(
                            "decode, " + SEQUENCES + " sequences a step",
                            tokensPerS[0],
                            "tokens/s",
                            "scalar kernels",
                            tokensPerS[1],
                            aim),
                    Result.of(
                            "prefill, " + PROMPT + " tokens in chunks of " + Passes.CHUNK,
                            tokensPerS[2],
                            "tokens/s",
                            "scalar kernels",
                            tokensPerS[3],
                            aim));
        }
    }

    private static double decode(Passes passes, int[] prompt) {
        for (int sequence = 0; sequence < SEQUENCES; sequence++) {
            // another piece of the text for each, so that they do not all choose the same experts
            int from = sequence * (prompt.length - CONTEXT) / SEQUENCES;
            passes.prefill(sequence, Arrays.copyOfRange(prompt, from, from + CONTEXT));
        }
        long began = System.nanoTime();
        for (int step = 0; step < STEPS; step++) {
            passes.decode();
        }
        return perSecond(SEQUENCES * STEPS, began);
    }

    private static double prefill(Passes passes, int[] prompt) {
        long began = System.nanoTime();
        passes.prefill(0, prompt);
        return perSecond(prompt.length, began);
    }

    private static double perSecond(int tokens, long began) {
        return tokens * 1e9 / (System.nanoTime() - began);
    }
}
