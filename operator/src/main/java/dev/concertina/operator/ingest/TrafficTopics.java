package dev.concertina.operator.ingest;

import java.time.Clock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the operator's own topic and each further one that a deployment names, one reader per topic, for as long as a deployment names it. Safe for any number of threads.
 */
public final class TrafficTopics implements AutoCloseable {
    private final String own;
    private final Function<String, Reading> open;
    private final boolean connected;
    private final Map<String, Reading> readings = new HashMap<>();
    private final Map<String, String> wanted = new HashMap<>();

    /** One topic being read. */
    interface Reading extends AutoCloseable {
        void start();

        /** Why nothing is read, null when it is. */
        @Nullable
        String problem();

        /** How far each partition has been counted, as far as this reader knows. */
        default List<PartitionMark> marks() {
            return List.of();
        }

        /** How far it is. */
        default Progress progress() {
            return new Progress(true, 0, 0, 0);
        }

        @Override
        void close();
    }

    /**
     * How far the reading of a topic is.
     *
     * @param reachable whether Kafka answers; a topic that does not exist yet is no reason against it
     * @param read events that reached a deployment's count, or were found unusable, from a minute before the start on
     * @param malformed of those, the ones that could not be used
     * @param lag events not counted yet, as those who count said last
     */
    public record Progress(boolean reachable, long read, long malformed, long lag) {}

    /** The leader's: adds up what the replicas count. Without Kafka nothing is read. */
    public static TrafficTopics merged(Optional<KafkaAccess> kafka, String own, Loads loads, Clock clock) {
        return of(kafka, own, (access, topic) -> new DigestReader(access, topic, loads, clock));
    }

    /** Of one Kafka; without it nothing is read. */
    static TrafficTopics of(Optional<KafkaAccess> kafka, String own, BiFunction<KafkaAccess, String, Reading> reader) {
        return new TrafficTopics(own, kafka.isPresent(), topic -> reader.apply(kafka.orElseThrow(), topic));
    }

    TrafficTopics(String own, boolean connected, Function<String, Reading> open) {
        this.own = own;
        this.connected = connected;
        this.open = open;
    }

    /** Begins with the operator's own topic. */
    public synchronized void start() {
        settle();
    }

    /** A deployment's events come on that topic too; null or the operator's own: on no other. */
    public synchronized void use(String deployment, @Nullable String topic) {
        String before = topic == null || topic.equals(own) ? wanted.remove(deployment) : wanted.put(deployment, topic);
        if (topic == null ? before != null : !topic.equals(before)) {
            settle();
        }
    }

    private void settle() {
        if (!connected) {
            return;
        }
        Set<String> topics = new HashSet<>(wanted.values());
        topics.add(own);
        readings.entrySet().removeIf(reading -> {
            boolean over = !topics.contains(reading.getKey());
            if (over) {
                reading.getValue().close();
            }
            return over;
        });
        for (String topic : topics) {
            readings.computeIfAbsent(topic, name -> {
                Reading reading = open.apply(name);
                reading.start();
                return reading;
            });
        }
    }

    /** Why no traffic is seen, empty when it is. */
    public synchronized Optional<String> problem() {
        if (!connected) {
            return Optional.of("CONCERTINA_KAFKA is not set");
        }
        for (Map.Entry<String, Reading> reading : readings.entrySet()) {
            String problem = reading.getValue().problem();
            if (problem != null) {
                return Optional.of("topic " + reading.getKey() + ": " + problem);
            }
        }
        return Optional.empty();
    }

    /** True when Kafka is there and not all events of a deployment are counted: what is counted then says nothing. */
    public synchronized boolean incomplete(String deployment) {
        return connected && (behind(own) || behind(wanted.getOrDefault(deployment, own)));
    }

    private boolean behind(String topic) {
        Reading reading = readings.get(topic);
        return reading == null || reading.problem() != null;
    }

    /** How far each partition of each topic has been counted: lag in events and milliseconds. */
    public synchronized Map<String, List<PartitionMark>> marks() {
        Map<String, List<PartitionMark>> marks = new TreeMap<>();
        readings.forEach((topic, reading) -> marks.put(topic, reading.marks()));
        return marks;
    }

    /** How far each topic is. */
    public synchronized Map<String, Progress> progress() {
        Map<String, Progress> progress = new HashMap<>();
        readings.forEach((topic, reading) -> progress.put(topic, reading.progress()));
        return progress;
    }

    /** Whether Kafka answers; true also where no Kafka is configured, since there is nothing to reach. */
    public boolean reachable() {
        return progress().values().stream().allMatch(Progress::reachable);
    }

    @Override
    public synchronized void close() {
        readings.values().forEach(Reading::close);
        readings.clear();
    }
}
