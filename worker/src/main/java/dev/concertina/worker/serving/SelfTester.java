package dev.concertina.worker.serving;

import dev.concertina.wire.ControlException;
import dev.concertina.wire.Workers;
import dev.concertina.worker.epoch.AttachedEpoch;
import dev.concertina.worker.epoch.Epochs;
import dev.concertina.worker.exchange.ExpertExchange;
import dev.concertina.worker.exchange.Self;
import dev.concertina.worker.kernels.Kernels;
import dev.concertina.worker.kv.KvCache;
import dev.concertina.worker.kv.KvLayout;
import dev.concertina.worker.model.Batch;
import dev.concertina.worker.model.DenseWeights;
import dev.concertina.worker.model.ExpertLayout;
import dev.concertina.worker.model.ExpertsUnavailableException;
import dev.concertina.worker.model.Forward;
import dev.concertina.worker.model.ModelShape;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * Runs a fixed prompt and a few greedy steps under any attached epoch, in KV pages of its own, beside the engine. The digest of all logit bits is
 * the same on every rank, at any width, under any placement.
 */
public final class SelfTester {
    private static final int PROMPT = 24;
    private static final int STEPS = 8;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final long RETRY_NANOS = 50_000_000;

    private final Self self;
    private final ModelShape shape;
    private final ExpertLayout layout;
    private final DenseWeights dense;
    private final Kernels kernels;
    private final Epochs epochs;

    SelfTester(Self self, ModelShape shape, ExpertLayout layout, DenseWeights dense, Kernels kernels, Epochs epochs) {
        this.self = self;
        this.shape = shape;
        this.layout = layout;
        this.dense = dense;
        this.kernels = kernels;
        this.epochs = epochs;
    }

    /**
     * Runs it.
     *
     * @throws ControlException 409 when the epoch is not attached, or an expert's holder does not answer for 10 s
     */
    public Workers.SelfTest run(long number) {
        long start = System.nanoTime();
        while (true) {
            AttachedEpoch epoch = epochs.acquire(number);
            if (epoch == null) {
                throw new ControlException(409, "epoch " + number + " is not prepared here");
            }
            try {
                String digest = digest(epoch);
                return new Workers.SelfTest(number, digest, (System.nanoTime() - start) / 1e9);
            } catch (ExpertsUnavailableException e) {
                if (System.nanoTime() - start > PATIENCE.toNanos()) {
                    throw new ControlException(409, "self-test under epoch " + number + ": " + e.getMessage());
                }
            } finally {
                epoch.release();
            }
            LockSupport.parkNanos(RETRY_NANOS);
        }
    }

    /**
     * Logits after a prompt, computed under any attached epoch in pages of its own, to be compared with a reference.
     *
     * @return {@code (vocab)}
     * @throws ExpertsUnavailableException when an expert's holder does not answer
     */
    public float[] logits(long number, int[] prompt) throws ExpertsUnavailableException {
        AttachedEpoch epoch = epochs.acquire(number);
        if (epoch == null) {
            throw new ControlException(409, "epoch " + number + " is not prepared here");
        }
        Forward forward = new Forward(shape, dense, kernels, prompt.length);
        KvLayout pages = new KvLayout(shape.layers(), shape.kvHeads(), shape.headDim());
        int[] table = IntStream.range(0, KvLayout.pagesFor(prompt.length)).toArray();
        Batch batch = new Batch(prompt.length);
        for (int position = 0; position < prompt.length; position++) {
            batch.add(prompt[position], position, table, position + 1 == prompt.length);
        }
        try (Arena arena = Arena.ofConfined();
                ExpertExchange exchange = new ExpertExchange(self, shape, layout, kernels, new LongAdder())) {
            exchange.use(epoch);
            forward.run(batch, new KvCache(arena.allocate(table.length * pages.pageBytes(), 64), pages), exchange);
            return Arrays.copyOf(forward.logits(), shape.vocab());
        } finally {
            epoch.release();
        }
    }

    private String digest(AttachedEpoch epoch) throws ExpertsUnavailableException {
        Forward forward = new Forward(shape, dense, kernels, PROMPT);
        KvLayout pages = new KvLayout(shape.layers(), shape.kvHeads(), shape.headDim());
        int[] table = IntStream.range(0, KvLayout.pagesFor(PROMPT + STEPS)).toArray();
        Batch batch = new Batch(PROMPT);
        CRC32C crc = new CRC32C();
        try (Arena arena = Arena.ofConfined();
                ExpertExchange exchange = new ExpertExchange(self, shape, layout, kernels, new LongAdder())) {
            KvCache kv = new KvCache(arena.allocate(table.length * pages.pageBytes(), 64), pages);
            exchange.use(epoch);
            for (int position = 0; position < PROMPT; position++) {
                batch.add((position * 37 + 11) % shape.vocab(), position, table, position + 1 == PROMPT);
            }
            forward.run(batch, kv, exchange);
            update(crc, forward);
            for (int step = 0; step < STEPS; step++) {
                int next = forward.argmax(0);
                batch.clear();
                batch.add(next, PROMPT + step, table, true);
                forward.run(batch, kv, exchange);
                update(crc, forward);
            }
        }
        return Long.toHexString(crc.getValue());
    }

    private void update(CRC32C crc, Forward forward) {
        for (int id = 0; id < shape.vocab(); id++) {
            int bits = Float.floatToRawIntBits(forward.logits()[id]);
            crc.update(bits >>> 24);
            crc.update(bits >>> 16);
            crc.update(bits >>> 8);
            crc.update(bits);
        }
    }
}
