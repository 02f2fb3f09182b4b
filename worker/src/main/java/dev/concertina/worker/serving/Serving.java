package dev.concertina.worker.serving;

import dev.concertina.memory.client.MemoryClient;
import dev.concertina.memory.kv.KvTable;
import dev.concertina.memory.model.ModelDescription;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.EpochMap;
import dev.concertina.wire.ObjectId;
import dev.concertina.worker.engine.Counters;
import dev.concertina.worker.engine.Engine;
import dev.concertina.worker.engine.Pace;
import dev.concertina.worker.epoch.Epochs;
import dev.concertina.worker.exchange.ExpertExchange;
import dev.concertina.worker.exchange.Responder;
import dev.concertina.worker.exchange.Self;
import dev.concertina.worker.kernels.Kernels;
import dev.concertina.worker.kv.KvCache;
import dev.concertina.worker.kv.KvLayout;
import dev.concertina.worker.kv.KvPool;
import dev.concertina.worker.model.DenseWeights;
import dev.concertina.worker.model.ExpertLayout;
import dev.concertina.worker.model.Forward;
import dev.concertina.worker.model.ModelShape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.CRC32C;

/** One rank with its model and KV pool attached and its engine running. Safe for use by many threads. */
public final class Serving implements AutoCloseable {
    private static final int RESPONDERS_AT_ONCE = 2;
    private static final int SAMPLES = 64;
    private static final long SAMPLE_BYTES = 4096;

    private final ModelShape shape;
    private final ExpertLayout layout;
    private final DenseWeights dense;
    private final KvCache kv;
    private final KvPool pool;
    private final Engine engine;
    private final Counters counters;
    private final Epochs epochs;
    private final Self self;
    private final Kernels kernels = Kernels.best();
    private final LongAdder expertRows = new LongAdder();
    private final Semaphore responders = new Semaphore(RESPONDERS_AT_ONCE);

    /**
     * Attaches dense weights and KV pool and starts the engine.
     *
     * @throws ControlException 404 when they are not staged yet, 400 when this engine cannot run the model
     */
    public Serving(MemoryClient memory, Epochs epochs, Self self, Pace pace) throws IOException {
        ModelDescription model = memory.model();
        MemorySegment bytes = memory.attach(Set.of(ObjectId.DENSE)).get(ObjectId.DENSE);
        if (bytes == null) {
            throw new ControlException(404, "the dense weights are not staged on this device");
        }
        try {
            this.shape = ModelShape.of(model.configJson());
            this.layout = ExpertLayout.of(shape, model);
            this.dense = DenseWeights.of(shape, model, bytes);
        } catch (IllegalArgumentException e) {
            throw new ControlException(400, "this engine cannot run the model: " + e.getMessage());
        }
        this.epochs = epochs;
        this.self = self;
        this.kv = new KvCache(memory.kv(), new KvLayout(shape.layers(), shape.kvHeads(), shape.headDim()));
        this.pool = new KvPool(
                KvTable.of(kv.bytes(), kv.layout().pageBytes(), KvLayout.PAGE_TOKENS, fingerprint(model, bytes)),
                new SecureRandom()::nextLong);
        this.counters = new Counters(shape.layers(), shape.experts(), shape.topK());
        Forward forward = new Forward(shape, dense, kernels, Engine.CAPACITY);
        ExpertExchange exchange = new ExpertExchange(self, shape, layout, kernels, expertRows);
        this.engine = new Engine(shape, forward, kv, pool, epochs, exchange, expertRows, pace, counters);
    }

    /** Tells models apart whose configuration is the same: of that and of samples of the dense weights. */
    private static long fingerprint(ModelDescription model, MemorySegment dense) {
        CRC32C crc = new CRC32C();
        crc.update(model.configJson().getBytes(StandardCharsets.UTF_8));
        long bytes = Math.min(SAMPLE_BYTES, dense.byteSize());
        for (int i = 0; i <= SAMPLES; i++) {
            long at = (dense.byteSize() - bytes) / SAMPLES * i;
            crc.update(dense.asSlice(at, bytes).asByteBuffer());
        }
        return crc.getValue();
    }

    /** Checks that a map is of this model; 400 otherwise. */
    public void check(EpochMap map) {
        if (map.layers() != shape.layers() || map.experts() != shape.experts()) {
            throw new ControlException(
                    400,
                    "the map has " + map.layers() + " x " + map.experts() + " experts, the model " + shape.layers()
                            + " x " + shape.experts());
        }
    }

    /** A responder for one more peer connection. */
    public Responder responder() {
        return new Responder(kernels, layout, responders, expertRows);
    }

    /** A self-test with scratch of its own. */
    public SelfTester selfTester() {
        return new SelfTester(self, shape, layout, dense, kernels, epochs);
    }

    public Engine engine() {
        return engine;
    }

    public Counters counters() {
        return counters;
    }

    public KvPool pool() {
        return pool;
    }

    /** Bytes of one KV page. */
    public long pageBytes() {
        return kv.layout().pageBytes();
    }

    @Override
    public void close() {
        engine.close();
    }
}
