package dev.concertina.operator.ingest;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Counts what one poll has brought beside the next poll: partitions in parallel, the events of each in their order. Only one poll's events are
 * under way; whoever looks at the states of partitions calls {@link #end} first. For one thread, which begins and ends.
 */
final class Counting implements AutoCloseable {
    private static final int MOST_THREADS = 4;

    /** Parts of digests that a partition may have open: what is held in memory is bounded whatever comes. */
    private static final int MOST_OPEN = 256;

    private final ExecutorService threads;
    private final List<Part> parts = new ArrayList<>();

    private record Unusable(ConsumerRecord<byte[], byte[]> event, String reason) {}

    Counting(String topic) {
        threads = Executors.newFixedThreadPool(
                Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors()),
                Thread.ofPlatform().daemon().name("counting " + topic + " ", 0).factory());
    }

    /** The events of one partition. */
    private static final class Part {
        private final PartitionState state;
        private final List<ConsumerRecord<byte[], byte[]>> events;
        private final Function<ConsumerRecord<byte[], byte[]>, @Nullable String> take;
        private int next;
        private @Nullable Future<List<Unusable>> running;

        private Part(
                PartitionState state,
                List<ConsumerRecord<byte[], byte[]>> events,
                Function<ConsumerRecord<byte[], byte[]>, @Nullable String> take) {
            this.state = state;
            this.events = events;
            this.take = take;
        }

        private List<Unusable> count() {
            List<Unusable> unusable = new ArrayList<>();
            while (next < events.size() && state.open() <= MOST_OPEN) {
                ConsumerRecord<byte[], byte[]> event = events.get(next++);
                String reason = take.apply(event);
                if (reason != null) {
                    unusable.add(new Unusable(event, reason));
                }
            }
            return unusable;
        }
    }

    /** Begins with a partition's events; {@code take} says why one cannot be used, null when it can. */
    void begin(
            PartitionState state,
            List<ConsumerRecord<byte[], byte[]>> events,
            Function<ConsumerRecord<byte[], byte[]>, @Nullable String> take) {
        Part part = new Part(state, events, take);
        part.running = threads.submit(part::count);
        parts.add(part);
    }

    /**
     * Waits for all that is under way.
     *
     * @param dead gets what could not be used
     * @return false when digests must be drained before the rest can be counted, see {@link #resume}
     */
    boolean end(BiConsumer<ConsumerRecord<byte[], byte[]>, String> dead) {
        for (Part part : parts) {
            Future<List<Unusable>> running = part.running;
            if (running == null) {
                continue;
            }
            try {
                running.get().forEach(unusable -> dead.accept(unusable.event(), unusable.reason()));
                part.running = null;
            } catch (ExecutionException e) {
                throw new IllegalStateException("counting events failed", e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("counting events was interrupted", e);
            }
        }
        parts.removeIf(part -> part.next == part.events.size());
        return parts.isEmpty();
    }

    /** Goes on with what {@link #end} left. */
    void resume() {
        parts.forEach(part -> part.running = threads.submit(part::count));
    }

    /** Gives up what is left of other partitions than these, which went to somebody else. */
    void retain(Collection<PartitionState> states) {
        parts.removeIf(part -> !states.contains(part.state));
    }

    /** Waits for what is under way and gives up its outcome. */
    @Override
    public void close() {
        threads.close();
    }
}
