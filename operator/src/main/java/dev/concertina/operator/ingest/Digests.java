package dev.concertina.operator.ingest;

import dev.concertina.scheduler.load.LoadDigest;
import dev.concertina.wire.Json;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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
        List<LoadDigest> parts = json.length > MOST_BYTES ? parts(digest) : List.of();
        if (parts.isEmpty()) {
            to.accept(message(partition + " " + digest.deployment(), json, DIGEST));
        }
        for (LoadDigest part : parts) {
            write(partition, part, to);
        }
    }

    /** Two that add up to it, none when it is one second's, one table's or windows' alone. */
    private static List<LoadDigest> parts(LoadDigest digest) {
        List<LoadDigest.Second> seconds = digest.seconds();
        LoadDigest.Experts experts = digest.experts();
        if (experts != null && !seconds.isEmpty()) {
            return List.of(rest(digest, seconds, null), first(digest, List.of(), experts));
        }
        if (experts != null
                && experts.pairs() != null
                && Arrays.stream(experts.tokens()).flatMapToLong(Arrays::stream).anyMatch(count -> count > 0)) {
            long[][] tokens = experts.tokens();
            return List.of(
                    first(digest, seconds, new LoadDigest.Experts(experts.millis(), experts.seconds(), tokens, null)),
                    rest(
                            digest,
                            List.of(),
                            new LoadDigest.Experts(
                                    experts.millis(),
                                    experts.seconds(),
                                    new long[tokens.length][tokens[0].length],
                                    experts.pairs())));
        }
        if (seconds.size() > 1) {
            int half = seconds.size() / 2;
            return List.of(
                    first(digest, seconds.subList(0, half), experts),
                    rest(digest, seconds.subList(half, seconds.size()), null));
        }
        return List.of();
    }

    private static LoadDigest first(
            LoadDigest of, List<LoadDigest.Second> seconds, LoadDigest.@Nullable Experts experts) {
        return new LoadDigest(
                of.deployment(),
                seconds,
                of.windows(),
                experts,
                of.accepted(),
                of.duplicates(),
                of.late(),
                of.malformed());
    }

    private static LoadDigest rest(
            LoadDigest of, List<LoadDigest.Second> seconds, LoadDigest.@Nullable Experts experts) {
        return new LoadDigest(of.deployment(), seconds, List.of(), experts, 0, 0, 0, 0);
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
        return header != null && Arrays.equals(header.value(), value);
    }
}
