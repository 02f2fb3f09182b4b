package dev.concertina.memory.agent;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.model.ModelLayout;
import dev.concertina.memory.mover.Bandwidth;
import dev.concertina.memory.mover.Download;
import dev.concertina.memory.mover.Replica;
import dev.concertina.memory.mover.Transport;
import dev.concertina.wire.Agents.Source;
import dev.concertina.wire.Agents.Step;
import dev.concertina.wire.ControlException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Fills staged segments: from the model's files (once per node, then from the device that has it), from a device beside, from another node. What fails is tried
 * again, with the next replica where there is one. A segment is published only when its checksum is its source's. Runs on the mover's threads.
 */
final class Mover {
    private static final System.Logger LOG = System.getLogger(Mover.class.getName());
    private static final int ATTEMPTS = 3;
    private static final int STRIPES = 1024;

    private final SegmentStore store;
    private final Transport transport;
    private final Bandwidth bandwidth;
    private final String ownAddress;
    private final ReentrantLock[] reading =
            Stream.generate(ReentrantLock::new).limit(STRIPES).toArray(ReentrantLock[]::new);
    private final LongAdder readBytes = new LongAdder();
    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicInteger mostUnderWay = new AtomicInteger();

    Mover(SegmentStore store, Transport transport, Bandwidth bandwidth, String ownAddress) {
        this.store = store;
        this.transport = transport;
        this.bandwidth = bandwidth;
        this.ownAddress = ownAddress;
    }

    /**
     * Who watches a filling.
     *
     * @param stop whether to break off, with a {@link java.util.concurrent.CancellationException}
     * @param arrived told how many more bytes of the payload are there; negative when some turned out to be of no use
     */
    record Watch(BooleanSupplier stop, LongConsumer arrived) {}

    /**
     * What is read from model files.
     *
     * @param most objects that were read at the same time
     * @param bytes of payload read so far
     */
    record Reads(int most, long bytes) {}

    Reads reads() {
        return new Reads(mostUnderWay.get(), readBytes.sum());
    }

    /** What staging may move a second. */
    Bandwidth bandwidth() {
        return bandwidth;
    }

    /**
     * Fills one segment and makes it visible through {@code publish}.
     *
     * @param publish takes the checksum
     * @throws IOException when every attempt with every replica failed
     * @throws ControlException when the only replica's agent refuses
     */
    void fill(SegmentNote target, Step step, ModelLayout layout, Watch watch, LongConsumer publish) throws IOException {
        if (step.source() == null) {
            load(target, layout, watch, publish);
        } else {
            publish.accept(copy(target, replicas(step), watch));
        }
    }

    private static List<Source> replicas(Step step) {
        List<Source> all = new ArrayList<>();
        if (step.source() != null) {
            all.add(step.source());
        }
        if (step.others() != null) {
            step.others().stream()
                    .filter(other -> other != null && !all.contains(other))
                    .forEach(all::add);
        }
        return all;
    }

    /** One reader per object and node: whoever comes second finds the first one's copy. */
    private void load(SegmentNote target, ModelLayout layout, Watch watch, LongConsumer publish) throws IOException {
        ReentrantLock lock = reading[
                Math.floorMod(
                        (target.deployment() + " " + target.model() + " " + target.object()).hashCode(), STRIPES)];
        lock.lock();
        try {
            SegmentNote sibling = store.anywhere(target.deployment(), target.model(), target.object());
            Source beside = sibling == null ? null : new Source(ownAddress, sibling.device());
            publish.accept(persist(target, 1, attempt -> {
                try (Mapped mapped = store.map(target.key(), Access.READ_WRITE, false)) {
                    if (beside != null) {
                        return copyBeside(target, mapped, beside, watch);
                    }
                    mapped.allAtOnce();
                    return read(target, layout, mapped.bytes(), watch);
                }
            }));
        } finally {
            lock.unlock();
        }
    }

    private long read(SegmentNote target, ModelLayout layout, MemorySegment bytes, Watch watch) throws IOException {
        CRC32C crc = new CRC32C();
        long[] at = {0};
        mostUnderWay.accumulateAndGet(underWay.incrementAndGet(), Math::max);
        try {
            layout.read(target.object(), bytes, reached -> {
                long more = reached - at[0];
                crc.update(bytes.asSlice(at[0], more).asByteBuffer()); // while it is still in the cache
                at[0] = reached;
                readBytes.add(more);
                watch.arrived().accept(more);
                Checksums.stopIf(watch.stop());
                bandwidth.stage(more, watch.stop());
            });
            return crc.getValue();
        } catch (IOException | RuntimeException e) {
            watch.arrived().accept(-at[0]);
            throw e;
        } finally {
            underWay.decrementAndGet();
        }
    }

    private long copy(SegmentNote target, List<Source> replicas, Watch watch) throws IOException {
        try (Mapped mapped = store.map(target.key(), Access.READ_WRITE, false)) {
            Download[] download = {null}; // lives on from one replica to the next
            return persist(target, replicas.size(), attempt -> {
                Source from = replicas.get(attempt % replicas.size());
                if (from.agentAddress().equals(ownAddress)) {
                    return copyBeside(target, mapped, from, watch);
                }
                if (download[0] == null) {
                    mapped.allAtOnce();
                    download[0] = new Download(mapped.bytes(), watch.arrived());
                }
                transport.fetch(
                        new Replica(from.agentAddress(), target.deployment(), target.object(), from.device()),
                        download[0],
                        watch.stop());
                return download[0].crc32c();
            });
        }
    }

    private long copyBeside(SegmentNote target, Mapped mapped, Source beside, Watch watch) throws IOException {
        ObjectKey from = new ObjectKey(target.deployment(), target.object(), beside.device());
        try (Mapped source = store.map(from, Access.READ_ONLY, true)) {
            if (source.size() != mapped.size()) {
                throw new IOException(from + " has " + source.size() + " bytes, " + mapped.size() + " are expected");
            }
            long crc32c = mapped.copyFrom(source, 0, 0, mapped.size(), paced(mapped.size(), watch));
            if (crc32c != source.crc32c()) {
                throw new IOException("the copy of " + from + " has CRC32C " + Long.toHexString(crc32c) + " instead of "
                        + Long.toHexString(source.crc32c()));
            }
            watch.arrived().accept(mapped.size());
            return crc32c;
        }
    }

    /** Asked before every chunk of a copy, waits until staging may move it. */
    private BooleanSupplier paced(long bytes, Watch watch) {
        long[] left = {bytes};
        return () -> {
            long chunk = Math.min(left[0], Checksums.CHUNK_BYTES);
            left[0] -= chunk;
            bandwidth.stage(chunk, watch.stop());
            return watch.stop().getAsBoolean();
        };
    }

    /** What to try with which replica. */
    @FunctionalInterface
    private interface Try {
        long run(int attempt) throws IOException;
    }

    /** Tries each replica once at least, and {@link #ATTEMPTS} times in all; a refusal counts as final for its replica only. */
    private static long persist(SegmentNote target, int replicas, Try what) throws IOException {
        int attempts = Math.max(ATTEMPTS, replicas);
        for (int attempt = 0; ; attempt++) {
            String problem;
            try {
                return what.run(attempt);
            } catch (ControlException e) {
                if (replicas == 1) {
                    throw e;
                }
                problem = String.valueOf(e.getMessage());
            } catch (IOException e) {
                problem = String.valueOf(e.getMessage());
            }
            if (attempt + 1 == attempts) {
                throw new IOException("staging " + target.key() + " failed " + attempts + " times: " + problem);
            }
            LOG.log(
                    System.Logger.Level.WARNING,
                    "staging is tried again object={0} attempt={1} reason={2}",
                    target.key(),
                    attempt + 1,
                    problem);
            pause((attempt + 1) / replicas * 100L);
        }
    }

    private static void pause(long millis) throws IOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the agent is being stopped", e);
        }
    }
}
