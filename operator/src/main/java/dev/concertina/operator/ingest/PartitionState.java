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
import org.apache.kafka.common.header.Headers;
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
    private long uncommitted;

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
        uncommitted++;
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
        Headers headers = record.headers(); // each that is looked at costs a text and a copy: only these two
        byte[] time = required(headers, "ce_time");
        return decoder.decode(EventDecoder.type(required(headers, "ce_type")), time, record.value());
    }

    private static byte[] required(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        if (header == null || header.value() == null) {
            throw new IllegalArgumentException("the header " + name + " is missing");
        }
        return header.value();
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
        uncommitted = 0;
    }

    /** Events taken since the last commit. */
    long uncommitted() {
        return uncommitted;
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
