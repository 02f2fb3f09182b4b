package dev.concertina.operator.ingest;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Events that could not be used, on their way to the topic of dead letters, with the reason and where they came from. At most a hundred at once
 * and fifty a second: the rest is counted only, so that a producer gone mad fills neither memory nor the topic. Not for several threads.
 */
final class DeadLetters {
    private static final int BURST = 100;
    private static final double PER_SECOND = 50;

    /** What is kept of an event, in bytes. */
    private static final int KEPT_BYTES = 16 << 10;

    private final String topic;
    private final List<ProducerRecord<byte[], byte[]>> letters = new ArrayList<>();
    private double allowed = BURST;
    private long refilledNanos = System.nanoTime();
    private long left;

    DeadLetters(String topic) {
        this.topic = topic;
    }

    void add(ConsumerRecord<byte[], byte[]> event, String reason) {
        long now = System.nanoTime();
        allowed = Math.min(BURST, allowed + (now - refilledNanos) / 1e9 * PER_SECOND);
        refilledNanos = now;
        if (allowed < 1 || letters.size() >= BURST) {
            left++;
            return;
        }
        allowed--;
        byte[] value = cut(event.value());
        ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>(topic, cut(event.key()), value);
        event.headers().forEach(header -> {
            if (header.key().length() < 100 && (header.value() == null || header.value().length < 1_000)) {
                letter.headers().add(header);
            }
        });
        header(letter, "dead_reason", reason);
        header(letter, "dead_topic", event.topic());
        header(letter, "dead_partition", String.valueOf(event.partition()));
        header(letter, "dead_offset", String.valueOf(event.offset()));
        header(letter, "dead_bytes", String.valueOf(event.value() == null ? 0 : event.value().length));
        letters.add(letter);
    }

    private static byte @Nullable [] cut(byte @Nullable [] bytes) {
        return bytes == null || bytes.length <= KEPT_BYTES ? bytes : Arrays.copyOf(bytes, KEPT_BYTES);
    }

    private static void header(ProducerRecord<byte[], byte[]> letter, String name, String value) {
        letter.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Those to send now. */
    List<ProducerRecord<byte[], byte[]>> drain() {
        List<ProducerRecord<byte[], byte[]>> drained = List.copyOf(letters);
        letters.clear();
        return drained;
    }

    /** Unusable events that no letter was written for, since the start. */
    long left() {
        return left;
    }
}
