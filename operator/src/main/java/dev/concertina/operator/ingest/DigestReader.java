package dev.concertina.operator.ingest;

import dev.concertina.scheduler.load.LoadDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The leader's side of a traffic topic: reads the digests that the replicas committed, each once, from a minute ago on, and adds them up. It knows
 * from the marks how far each partition has been counted: one that nobody has counted for four seconds, or whose oldest uncounted event is that
 * old, makes the traffic unknown. A thread of its own.
 */
public final class DigestReader implements TrafficTopics.Reading {
    private static final System.Logger LOG = System.getLogger(DigestReader.class.getName());
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LOOK_BACK = Duration.ofSeconds(60);
    private static final Duration PARTITIONS_AGAIN = Duration.ofSeconds(10);
    private static final Duration STALE = Duration.ofSeconds(4);

    private final KafkaAccess kafka;
    private final String topic;
    private final SideTopics side;
    private final Digests digests;
    private final Loads loads;
    private final Clock clock;
    private final Thread thread;
    private final Map<TopicPartition, Long> positions = new HashMap<>();
    private final Map<Integer, PartitionMark> marks = new TreeMap<>();
    private final AtomicLong read = new AtomicLong();
    private final AtomicLong unusable = new AtomicLong();
    private volatile int partitions;
    private volatile boolean reachable;
    private volatile @Nullable String trouble = "not connected yet";
    private volatile boolean closed;

    public DigestReader(KafkaAccess kafka, String topic, Loads loads, Clock clock) {
        this.kafka = kafka;
        this.topic = topic;
        this.side = SideTopics.of(topic);
        this.digests = new Digests(side.digests(), kafka.group());
        this.loads = loads;
        this.clock = clock;
        this.thread = Thread.ofPlatform().daemon().name("digests " + topic).unstarted(this::run);
    }

    @Override
    public void start() {
        thread.start();
    }

    /** The last mark of each partition, in order. */
    @Override
    public List<PartitionMark> marks() {
        synchronized (marks) {
            return List.copyOf(marks.values());
        }
    }

    @Override
    public TrafficTopics.Progress progress() {
        return new TrafficTopics.Progress(
                reachable,
                read.get(),
                unusable.get(),
                marks().stream().mapToLong(PartitionMark::lag).sum());
    }

    @Override
    public @Nullable String problem() {
        String now = trouble;
        return now != null ? now : gap(clock.instant());
    }

    private @Nullable String gap(Instant now) {
        synchronized (marks) {
            for (int partition = 0; partition < partitions; partition++) {
                PartitionMark mark = marks.get(partition);
                if (mark == null || mark.millis() < now.minus(STALE).toEpochMilli()) {
                    return "partition " + partition + " is counted by no operator now";
                }
                if (mark.lagMillis() > STALE.toMillis()) {
                    return "partition " + partition + " is " + mark.lag() + " events behind, the oldest "
                            + mark.lagMillis() / 1_000 + " s old";
                }
            }
        }
        return null;
    }

    private void run() {
        while (!closed) {
            try (KafkaConsumer<byte[], byte[]> consumer = KafkaClients.follower(kafka)) {
                side.make(kafka);
                follow(consumer);
            } catch (KafkaException e) {
                reachable = false;
                if (!closed) {
                    say(KafkaClients.sentence(e));
                    KafkaClients.pause();
                }
            }
        }
    }

    private void follow(KafkaConsumer<byte[], byte[]> consumer) {
        long askedNanos = 0;
        boolean asked = false;
        while (!closed) {
            if (!asked || System.nanoTime() - askedNanos > PARTITIONS_AGAIN.toNanos()) {
                // a broken connection ends in a timeout here
                partitions = of(consumer, topic).size();
                assign(consumer);
                reachable = true;
                askedNanos = System.nanoTime();
                asked = partitions > 0;
                say(asked ? null : "the topic " + topic + " does not exist yet");
            }
            for (ConsumerRecord<byte[], byte[]> message : consumer.poll(POLL)) {
                positions.put(new TopicPartition(message.topic(), message.partition()), message.offset() + 1);
                take(message);
            }
        }
    }

    private static List<PartitionInfo> of(KafkaConsumer<byte[], byte[]> consumer, String topic) {
        List<PartitionInfo> partitions = consumer.partitionsFor(topic);
        return partitions == null ? List.of() : partitions;
    }

    private void assign(KafkaConsumer<byte[], byte[]> consumer) {
        List<TopicPartition> all = of(consumer, side.digests()).stream()
                .map(partition -> new TopicPartition(side.digests(), partition.partition()))
                .toList();
        if (consumer.assignment().size() == all.size()) {
            return;
        }
        consumer.assign(all);
        Map<TopicPartition, Long> times = new HashMap<>();
        long since = clock.millis() - LOOK_BACK.toMillis();
        all.stream().filter(partition -> !positions.containsKey(partition)).forEach(p -> times.put(p, since));
        Map<TopicPartition, OffsetAndTimestamp> starts = consumer.offsetsForTimes(times);
        for (TopicPartition partition : all) {
            Long known = positions.get(partition);
            OffsetAndTimestamp start = starts.get(partition);
            if (known != null) {
                consumer.seek(partition, known);
            } else if (start != null) {
                consumer.seek(partition, start.offset());
                positions.put(partition, start.offset());
            } else {
                consumer.seekToEnd(List.of(partition));
                positions.put(partition, consumer.position(partition));
            }
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> message) {
        try {
            LoadDigest digest = digests.digest(message);
            if (digest != null) {
                loads.merge(digest);
                count(digest.accepted() + digest.duplicates() + digest.late(), digest.malformed());
                return;
            }
            PartitionMark mark = digests.mark(message);
            if (mark != null) {
                loads.malformed(mark.malformed());
                count(0, mark.malformed());
                synchronized (marks) {
                    marks.merge(mark.partition(), mark, (old, fresh) -> fresh.millis() < old.millis() ? old : fresh);
                }
            }
        } catch (RuntimeException e) { // another program's message in our topic
            LOG.log(
                    System.Logger.Level.WARNING,
                    "not a digest topic={0} offset={1} reason={2}",
                    message.topic(),
                    message.offset(),
                    e.getMessage());
        }
    }

    private void count(long usable, long malformed) {
        read.addAndGet(usable + malformed);
        unusable.addAndGet(malformed);
    }

    private void say(@Nullable String reason) {
        if (reason != null && !reason.equals(trouble)) {
            LOG.log(System.Logger.Level.WARNING, "no traffic is seen topic={0} reason={1}", topic, reason);
        }
        trouble = reason;
    }

    @Override
    public void close() {
        closed = true;
    }
}
