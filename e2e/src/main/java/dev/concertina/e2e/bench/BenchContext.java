package dev.concertina.e2e.bench;

import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * What a benchmark may use.
 *
 * @param model model folder of the engine's benchmark
 * @param routing {@code decode_topk_ids.npz} of the placement's benchmark; need not be there
 * @param kernels folder of kernel measurements of the capacity's benchmark; need not be there
 * @param say takes lines for the user
 */
record BenchContext(Path model, Path routing, Path kernels, Consumer<String> say) {}
