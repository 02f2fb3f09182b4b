package dev.concertina.operator.ingest;

import dev.concertina.scheduler.load.LoadDigest;
import dev.concertina.scheduler.load.Outcome;
import dev.concertina.scheduler.load.PartitionLoad;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.load.TrafficEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** One partition of a traffic topic, as its present owner counts it from the committed offset on. Not for several threads. */
final class PartitionState {
    /** Ids remembered to find duplicates. */
    private static final int RECENT_IDS = 16_384;

    /** Events before the committed offset that are read again, not to be counted but to be known. */
    static final int READ_AGAIN = 2 * RECENT_IDS;

    private static final Duration LATENESS = Duration.ofSeconds(5);

    private final int partition;
    private final long countFrom;
    private final PartitionLoad load = new PartitionLoad(RECENT_IDS, LATENESS);
    private final EventDecoder decoder = new EventDecoder();
    private long next;
    private long committed;
    private long lastEventMillis;
    private long malformed;

    /**
     * Nothing read yet.
     *
     * @param from offset of the first event to read
     * @param countFrom offset of the first to count; those before it are counted already
     */
    PartitionState(int partition, long from, long countFrom) {
        this.partition = partition;
        this.countFrom = countFrom;
        this.next = from;
        this.committed = countFrom;
    }

    /**
     * Takes an event.
     *
     * @return why it is a dead letter, null when it is none
     */
    @Nullable
    String take(ConsumerRecord<byte[], byte[]> record, Function<String, @Nullable Slo> objectives, Instant now) {
        next = record.offset() + 1;
        lastEventMillis = record.timestamp();
        boolean counts = record.offset() >= countFrom;
        try {
            TrafficEvent event = decode(record);
            if (event == null) {
                return null;
            }
            if (!counts) {
                load.remember(event, now);
                return null;
            }
            Slo slo = objectives.apply(event.deployment());
            if (slo == null || load.accept(event, slo, now) != Outcome.MALFORMED) {
                return null; // events of deployments that nobody knows are nobody's
            }
            return "impossible values";
        } catch (RuntimeException e) { // whatever a stranger writes into the topic, reading goes on
            if (!counts) {
                return null;
            }
            malformed++;
            return Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName());
        }
    }

    private @Nullable TrafficEvent decode(ConsumerRecord<byte[], byte[]> record) {
        String type = null;
        String time = null;
        for (Header header : record.headers()) {
            if (header.value() != null && header.value().length < 100) {
                switch (header.key()) {
                    case "ce_type" -> type = EventDecoder.text(header.value());
                    case "ce_time" -> time = EventDecoder.text(header.value());
                    default -> {}
                }
            }
        }
        if (type == null) {
            throw new IllegalArgumentException("the header ce_type is missing");
        }
        if (time == null) {
            throw new IllegalArgumentException("the header ce_time is missing");
        }
        return decoder.decode(type, time, record.value());
    }

    /** Parts of digests that wait to be written. */
    int open() {
        return load.open();
    }

    /** True when there is something to commit. */
    boolean moved() {
        return next > committed && next > countFrom;
    }

    /** Offset to commit, -1 for none. */
    long toCommit() {
        return moved() ? next : -1;
    }

    void committed() {
        committed = Math.max(committed, next);
        malformed = 0;
    }

    List<LoadDigest> drain(Instant now) {
        return load.drain(now);
    }

    /**
     * How far this one is.
     *
     * @param lag events that are there and not read, as the consumer knows
     */
    PartitionMark mark(String owner, long lag, Instant now) {
        long left = Math.max(lag, countFrom - next);
        long age = left <= 0 ? 0 : Math.max(0, now.toEpochMilli() - lastEventMillis);
        return new PartitionMark(
                partition, owner, Math.max(next, countFrom), Math.max(left, 0), age, now.toEpochMilli(), malformed);
    }
}
