package dev.concertina.operator.ingest;

import java.time.Duration;
import java.util.Map;

/**
 * The topics beside a traffic topic: digests, which replicas write and the leader reads, and dead letters.
 *
 * @param digests {@code TOPIC.digests}
 * @param deadLetters {@code TOPIC.dead-letters}
 */
record SideTopics(String digests, String deadLetters) {
    private static final Duration DIGESTS_KEPT = Duration.ofHours(1);
    private static final Duration DEAD_LETTERS_KEPT = Duration.ofDays(7);
    private static final long DEAD_LETTERS_BYTES = 256L << 20;

    static SideTopics of(String topic) {
        return new SideTopics(topic + ".digests", topic + ".dead-letters");
    }

    /** Makes what is missing. */
    void make(KafkaAccess kafka) {
        KafkaTopics.make(
                kafka.client(),
                Map.of(
                        digests,
                        Map.of("retention.ms", String.valueOf(DIGESTS_KEPT.toMillis())),
                        deadLetters,
                        Map.of(
                                "retention.ms",
                                String.valueOf(DEAD_LETTERS_KEPT.toMillis()),
                                "retention.bytes",
                                String.valueOf(DEAD_LETTERS_BYTES))));
    }
}
