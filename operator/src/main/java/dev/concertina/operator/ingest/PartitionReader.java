package dev.concertina.operator.ingest;

import dev.concertina.scheduler.load.LoadDigest;
import dev.concertina.scheduler.load.Slo;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * One replica's share of a traffic topic (CloudEvents in binary mode): counts the partitions that the consumer group gives it, and commits what
 * it has counted since the last time, dead letters and offsets in one transaction, four times a second. Whoever owns a partition next goes on
 * at that offset: nothing is counted twice or left out, however this process ends. Ids of events before the offset are read again, so that
 * repetitions are known across owners. Any trouble with Kafka lets go of everything and begins anew from the last commit. A thread of its own
 * polls and commits; what a poll has brought is counted beside the next poll.
 */
public final class PartitionReader implements TrafficTopics.Reading {
    private static final System.Logger LOG = System.getLogger(PartitionReader.class.getName());
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration LOOK_BACK = Duration.ofSeconds(60);
    private static final long COMMIT_NANOS = 250_000_000;
    private static final long MARK_NANOS = 1_000_000_000;

    /** Events after which is committed before the time. */
    private static final int MOST_EVENTS = 200_000;

    private final KafkaAccess kafka;
    private final String topic;
    private final SideTopics side;
    private final Digests digests;
    private final Function<String, @Nullable Slo> objectives;
    private final Clock clock;
    private final Thread thread;
    private final AtomicLong read = new AtomicLong();
    private final AtomicLong unusable = new AtomicLong();
    private final AtomicLong counted = new AtomicLong();
    private final Map<TopicPartition, PartitionState> states = new HashMap<>();
    private DeadLetters dead;
    private long committedNanos;
    private long markedNanos;
    private volatile @Nullable String problem = "not connected yet";
    private volatile Set<Integer> owned = Set.of();
    private boolean healthy;
    private volatile boolean closed;
    private volatile boolean abandoned;

    /** Reads {@code topic} as a member of the group; {@code objectives} knows the deployments, null for one that nobody knows. */
    public PartitionReader(KafkaAccess kafka, String topic, Function<String, @Nullable Slo> objectives, Clock clock) {
        this.kafka = kafka;
        this.topic = topic;
        this.side = SideTopics.of(topic);
        this.digests = new Digests(side.digests(), kafka.group());
        this.objectives = objectives;
        this.clock = clock;
        this.dead = new DeadLetters(side.deadLetters());
        this.thread = Thread.ofPlatform().daemon().name("partitions " + topic).unstarted(this::run);
    }

    @Override
    public void start() {
        thread.start();
    }

    @Override
    public @Nullable String problem() {
        return problem;
    }

    /** Events read since the start, those read again included. */
    public long read() {
        return read.get();
    }

    /** Events that could not be used, since the start. */
    public long unusable() {
        return unusable.get();
    }

    /** Events taken into account and committed since the start. */
    public long counted() {
        return counted.get();
    }

    /** The partitions that this replica counts now. */
    public Set<Integer> owned() {
        return owned;
    }

    private void run() {
        while (!closed) {
            try (KafkaConsumer<byte[], byte[]> consumer = KafkaClients.member(kafka, topic);
                    KafkaProducer<byte[], byte[]> producer = KafkaClients.transactional(kafka, topic);
                    Counting counting = new Counting(topic)) {
                side.make(kafka);
                producer.initTransactions();
                healthy = true;
                consume(consumer, producer, counting);
            } catch (RuntimeException e) { // of Kafka, or of its client: nothing is lost by beginning anew
                if (!closed) {
                    say(KafkaClients.sentence(e));
                    KafkaClients.pause();
                }
            }
            letGo();
        }
    }

    private void letGo() {
        states.clear();
        owned = Set.of();
        dead = new DeadLetters(side.deadLetters());
    }

    private void consume(
            KafkaConsumer<byte[], byte[]> consumer, KafkaProducer<byte[], byte[]> producer, Counting counting) {
        Ownership ownership = new Ownership(consumer, producer, counting);
        consumer.subscribe(List.of(topic), ownership);
        while (!closed) {
            ConsumerRecords<byte[], byte[]> events = consumer.poll(POLL);
            settle(consumer, producer, counting);
            long now = System.nanoTime();
            if (now - committedNanos > COMMIT_NANOS || uncommitted() > MOST_EVENTS) {
                commit(consumer, producer, now - markedNanos > MARK_NANOS);
            }
            count(events, counting);
            if (problem != null && !states.isEmpty()) {
                LOG.log(System.Logger.Level.INFO, "counting traffic events topic={0} partitions={1}", topic, owned);
                problem = null;
            }
        }
        if (!abandoned) {
            settle(consumer, producer, counting);
            commit(consumer, producer, false);
        }
    }

    private void count(ConsumerRecords<byte[], byte[]> events, Counting counting) {
        Instant now = clock.instant();
        for (TopicPartition partition : events.partitions()) {
            PartitionState state = states.get(partition);
            if (state != null) {
                List<ConsumerRecord<byte[], byte[]>> ofPartition = events.records(partition);
                counting.begin(state, ofPartition, event -> state.take(event, objectives, now));
                read.addAndGet(ofPartition.size());
            }
        }
    }

    /** Afterwards all that was begun is counted, and nothing looks at the states any more; commits in between when memory demands it. */
    private void settle(
            KafkaConsumer<byte[], byte[]> consumer, KafkaProducer<byte[], byte[]> producer, Counting counting) {
        while (!counting.end(this::bury)) {
            commit(consumer, producer, false);
            counting.resume();
        }
    }

    private long uncommitted() {
        return states.values().stream().mapToLong(PartitionState::uncommitted).sum();
    }

    private void bury(ConsumerRecord<byte[], byte[]> event, String reason) {
        unusable.incrementAndGet();
        dead.add(event, reason);
    }

    private void commit(
            KafkaConsumer<byte[], byte[]> consumer, KafkaProducer<byte[], byte[]> producer, boolean withMarks) {
        healthy = false; // until it is committed
        committedNanos = System.nanoTime();
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        states.forEach((partition, state) -> {
            if (state.moved()) {
                offsets.put(partition, new OffsetAndMetadata(state.toCommit()));
            }
        });
        if (offsets.isEmpty() && !withMarks) {
            healthy = true;
            return;
        }
        Instant now = clock.instant();
        producer.beginTransaction();
        states.forEach((partition, state) -> {
            for (LoadDigest digest : state.drain(now)) {
                digests.write(partition.partition(), digest, producer::send);
            }
            // not known before the first answer to a fetch
            consumer.currentLag(partition)
                    .ifPresent(lag -> producer.send(digests.mark(state.mark(kafka.member(), lag, now))));
        });
        for (ProducerRecord<byte[], byte[]> letter : dead.drain()) {
            producer.send(letter);
        }
        if (!offsets.isEmpty()) {
            producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        }
        producer.commitTransaction();
        counted.addAndGet(uncommitted());
        healthy = true;
        states.values().forEach(PartitionState::committed);
        markedNanos = committedNanos;
    }

    /** What a rebalance does to the partitions: those that go are committed first, those that come are read from a little before their offset. */
    private final class Ownership implements ConsumerRebalanceListener {
        private final KafkaConsumer<byte[], byte[]> consumer;
        private final KafkaProducer<byte[], byte[]> producer;
        private final Counting counting;

        private Ownership(
                KafkaConsumer<byte[], byte[]> consumer, KafkaProducer<byte[], byte[]> producer, Counting counting) {
            this.consumer = consumer;
            this.producer = producer;
            this.counting = counting;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> gone) {
            if (!gone.isEmpty() && healthy && !abandoned) {
                settle(consumer, producer, counting);
                commit(consumer, producer, false);
            }
            forget(gone);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> gone) {
            forget(gone);
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> come) {
            if (come.isEmpty()) {
                return;
            }
            Map<TopicPartition, OffsetAndMetadata> offsets = consumer.committed(new HashSet<>(come));
            Map<TopicPartition, Long> first = consumer.beginningOffsets(come);
            Map<TopicPartition, Long> end = consumer.endOffsets(come);
            long since = clock.millis() - LOOK_BACK.toMillis();
            Map<TopicPartition, Long> times = new HashMap<>();
            come.forEach(partition -> times.put(partition, since));
            Map<TopicPartition, OffsetAndTimestamp> fresh = consumer.offsetsForTimes(times);
            for (TopicPartition partition : come) {
                OffsetAndMetadata committed = offsets.get(partition);
                OffsetAndTimestamp recent = fresh.get(partition);
                long countFrom = committed != null
                        ? Math.max(committed.offset(), Objects.requireNonNull(first.get(partition)))
                        : recent != null ? recent.offset() : Objects.requireNonNull(end.get(partition));
                long from =
                        Math.max(Objects.requireNonNull(first.get(partition)), countFrom - PartitionState.READ_AGAIN);
                consumer.seek(partition, from);
                states.put(partition, new PartitionState(partition.partition(), from, countFrom));
            }
            tell();
        }

        private void forget(Collection<TopicPartition> gone) {
            counting.end(PartitionReader.this::bury);
            gone.forEach(states::remove);
            counting.retain(states.values());
            tell();
        }

        private void tell() {
            Set<Integer> now = new HashSet<>();
            states.keySet().forEach(partition -> now.add(partition.partition()));
            owned = Set.copyOf(now);
        }
    }

    private void say(String reason) {
        if (!reason.equals(problem)) {
            LOG.log(System.Logger.Level.WARNING, "no traffic events topic={0} reason={1}", topic, reason);
            problem = reason;
        }
    }

    /** Stops as a killed process would: what is not committed is left to others. */
    public void abandon() {
        abandoned = true;
        close();
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
