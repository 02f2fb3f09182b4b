package dev.concertina.operator.ingest;

import java.util.Map;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The clients of the ingest. Buffers are bounded; a dead member's partitions go to others after the session's six seconds. */
final class KafkaClients {
    private static final int SESSION_MILLIS = 6_000;
    private static final int TRANSACTION_MILLIS = 10_000;
    private static final int PAUSE_MILLIS = 1_000;

    private KafkaClients() {}

    /** A member of the group that shares the topic's partitions. */
    static KafkaConsumer<byte[], byte[]> member(KafkaAccess kafka, String topic) {
        return new KafkaConsumer<>(
                kafka.with(Map.ofEntries(
                        Map.entry("group.id", kafka.group() + "." + topic),
                        Map.entry("client.id", kafka.group() + "-partitions-" + kafka.member()),
                        Map.entry("partition.assignment.strategy", CooperativeStickyAssignor.class.getName()),
                        Map.entry("enable.auto.commit", false),
                        Map.entry("auto.offset.reset", "earliest"),
                        Map.entry("isolation.level", "read_committed"),
                        Map.entry("session.timeout.ms", SESSION_MILLIS),
                        Map.entry("heartbeat.interval.ms", SESSION_MILLIS / 4),
                        Map.entry("default.api.timeout.ms", 5_000),
                        Map.entry("request.timeout.ms", 4_000),
                        Map.entry("metadata.max.age.ms", 10_000),
                        Map.entry("fetch.max.wait.ms", 100),
                        Map.entry("fetch.max.bytes", 16 << 20),
                        Map.entry("max.poll.records", 5_000))),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    /** Reads all partitions of a topic, without a group, committed transactions only. */
    static KafkaConsumer<byte[], byte[]> follower(KafkaAccess kafka) {
        return new KafkaConsumer<>(
                kafka.with(Map.of(
                        "client.id",
                        kafka.group() + "-digests-" + kafka.member(),
                        "enable.auto.commit",
                        false,
                        "auto.offset.reset",
                        "earliest",
                        "isolation.level",
                        "read_committed",
                        "default.api.timeout.ms",
                        5_000,
                        "request.timeout.ms",
                        4_000,
                        "fetch.max.wait.ms",
                        100,
                        "fetch.max.bytes",
                        16 << 20)),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    /** The producer of this member's transactions; another with the same name ends this one's. */
    static KafkaProducer<byte[], byte[]> transactional(KafkaAccess kafka, String topic) {
        return new KafkaProducer<>(
                kafka.with(Map.of(
                        "transactional.id",
                        kafka.group() + "." + kafka.member() + "." + topic,
                        "client.id",
                        kafka.group() + "-partitions-" + kafka.member(),
                        "transaction.timeout.ms",
                        TRANSACTION_MILLIS,
                        "max.block.ms",
                        5_000,
                        "request.timeout.ms",
                        4_000,
                        "delivery.timeout.ms",
                        8_000,
                        "buffer.memory",
                        16L << 20)),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** What went wrong, with its cause. */
    static String sentence(RuntimeException e) {
        Throwable cause = e.getCause();
        String own = e.getClass().getSimpleName() + ": " + e.getMessage();
        return cause == null ? own : own + " (" + cause.getMessage() + ")";
    }

    static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
