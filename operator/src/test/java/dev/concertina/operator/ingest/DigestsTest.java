package dev.concertina.operator.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.scheduler.load.LoadDigest;
import dev.concertina.wire.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** What is too large for one message comes apart into messages that add up to it. */
class DigestsTest {
    private static final int LAYERS = 2;
    private static final int EXPERTS = 256;
    private static final int BROKERS_LIMIT = 1 << 20;

    private static List<LoadDigest> written(LoadDigest digest) {
        List<ProducerRecord<byte[], byte[]>> messages = new ArrayList<>();
        new Digests("digests", "group").write(3, digest, messages::add);
        return messages.stream()
                .peek(message -> assertThat(message.value()).hasSizeLessThan(BROKERS_LIMIT))
                .map(message -> Json.read(message.value(), LoadDigest.class))
                .toList();
    }

    private static LoadDigest.Second second(long second) {
        long[] latencies = LongStream.range(1_000_000, 1_000_200).toArray();
        return new LoadDigest.Second(second, 1, 2, 3, 4, 5, 6, 7, 8, 9, latencies, latencies);
    }

    private static long[][] table(int rows, long value) {
        long[][] table = new long[rows][EXPERTS];
        Arrays.stream(table).forEach(row -> Arrays.fill(row, value));
        return table;
    }

    @Test
    void aSmallOneIsOneMessage() {
        LoadDigest.Experts experts = new LoadDigest.Experts(5, 1, table(LAYERS, 1), new long[][][] {table(EXPERTS, 1)});
        LoadDigest digest = new LoadDigest("a/x", List.of(second(1)), List.of(), experts, 4, 3, 2, 1);
        List<LoadDigest> read = written(digest);
        assertThat(read).hasSize(1);
        assertThat(read.getFirst().experts().pairs()).isDeepEqualTo(experts.pairs());
        assertThat(read.getFirst().accepted()).isEqualTo(4);
    }

    @Test
    void aLargeOneComesApartAndAddsUp() {
        long[][] tokens = table(LAYERS, 123_456_789);
        long[][][] pairs = {table(EXPERTS, 123_456_789)};
        List<LoadDigest.Second> seconds =
                LongStream.range(0, 300).mapToObj(DigestsTest::second).toList();
        List<LoadDigest> read = written(
                new LoadDigest("a/x", seconds, List.of(), new LoadDigest.Experts(5, 1, tokens, pairs), 40, 30, 20, 10));
        assertThat(read).hasSizeGreaterThan(2);
        assertThat(read.stream().flatMap(part -> part.seconds().stream()).map(LoadDigest.Second::second))
                .containsExactlyInAnyOrderElementsOf(
                        seconds.stream().map(LoadDigest.Second::second).toList());
        long[][] sum = new long[LAYERS][EXPERTS];
        List<long[][][]> withPairs = new ArrayList<>();
        for (LoadDigest part : read) {
            if (part.experts() != null) {
                for (int layer = 0; layer < LAYERS; layer++) {
                    for (int expert = 0; expert < EXPERTS; expert++) {
                        sum[layer][expert] += part.experts().tokens()[layer][expert];
                    }
                }
                if (part.experts().pairs() != null) {
                    withPairs.add(part.experts().pairs());
                }
            }
        }
        assertThat(sum).isDeepEqualTo(tokens);
        assertThat(withPairs).hasSize(1);
        assertThat(withPairs.getFirst()).isDeepEqualTo(pairs);
        assertThat(read.stream().mapToLong(LoadDigest::accepted).sum()).isEqualTo(40);
        assertThat(read.stream().mapToLong(LoadDigest::malformed).sum()).isEqualTo(10);
    }
}
