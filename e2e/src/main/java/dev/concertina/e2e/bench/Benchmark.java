package dev.concertina.e2e.bench;

import java.io.IOException;
import java.util.List;

/** One of the benchmarks; each ends within about 40 s on two cores. */
interface Benchmark {
    /**
     * Measures.
     *
     * @throws IOException in one sentence, when something it needs is not there
     */
    List<Result> run(BenchContext context) throws IOException, InterruptedException;
}
