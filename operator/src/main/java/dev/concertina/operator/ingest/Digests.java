package dev.concertina.operator.ingest;

import dev.concertina.scheduler.load.LoadDigest;
import dev.concertina.wire.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** The messages of the digests' topic: digests and marks as JSON, told apart by the header {@code type}; the header {@code group} says whose. */
final class Digests {
    private static final String TYPE = "type";
    private static final String GROUP = "group";
    private static final byte[] DIGEST = "digest".getBytes(StandardCharsets.UTF_8);
    private static final byte[] MARK = "mark".getBytes(StandardCharsets.UTF_8);

    /** Well below the megabyte that brokers take. */
    private static final int MOST_BYTES = 512 << 10;

    private final String topic;
    private final byte[] group;

    Digests(String topic, String group) {
        this.topic = topic;
        this.group = group.getBytes(StandardCharsets.UTF_8);
    }

    /** One digest as one message, or as several when it is large: they only add up. */
    void write(int partition, LoadDigest digest, Consumer<ProducerRecord<byte[], byte[]>> to) {
        byte[] json = Json.write(digest);
        List<LoadDigest.Second> seconds = digest.seconds();
        if (json.length <= MOST_BYTES || (seconds.size() < 2 && (seconds.isEmpty() || digest.experts() == null))) {
            to.accept(message(partition + " " + digest.deployment(), json, DIGEST));
            return;
        }
        int half = digest.experts() == null ? seconds.size() / 2 : 0;
        write(
                partition,
                new LoadDigest(
                        digest.deployment(),
                        seconds.subList(0, half),
                        digest.windows(),
                        digest.experts(),
                        digest.accepted(),
                        digest.duplicates(),
                        digest.late(),
                        digest.malformed()),
                to);
        write(
                partition,
                new LoadDigest(digest.deployment(), seconds.subList(half, seconds.size()), List.of(), null, 0, 0, 0, 0),
                to);
    }

    ProducerRecord<byte[], byte[]> mark(PartitionMark mark) {
        return message(String.valueOf(mark.partition()), Json.write(mark), MARK);
    }

    private ProducerRecord<byte[], byte[]> message(String key, byte[] json, byte[] type) {
        ProducerRecord<byte[], byte[]> message =
                new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), json);
        message.headers().add(TYPE, type).add(GROUP, group);
        return message;
    }

    /** The digest in a message, null when it holds none of this group. */
    @Nullable
    LoadDigest digest(ConsumerRecord<byte[], byte[]> message) {
        return is(message, DIGEST) ? Json.read(message.value(), LoadDigest.class) : null;
    }

    /** The mark in a message, null when it holds none of this group. */
    @Nullable
    PartitionMark mark(ConsumerRecord<byte[], byte[]> message) {
        return is(message, MARK) ? Json.read(message.value(), PartitionMark.class) : null;
    }

    private boolean is(ConsumerRecord<byte[], byte[]> message, byte[] type) {
        return message.value() != null && has(message, TYPE, type) && has(message, GROUP, group);
    }

    private static boolean has(ConsumerRecord<byte[], byte[]> message, String name, byte[] value) {
        Header header = message.headers().lastHeader(name);
        return header != null && java.util.Arrays.equals(header.value(), value);
    }
}
