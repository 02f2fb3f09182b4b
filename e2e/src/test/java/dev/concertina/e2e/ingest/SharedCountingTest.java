package dev.concertina.e2e.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.e2e.kafka.Broker;
import dev.concertina.e2e.kafka.BrokerSettings;
import dev.concertina.e2e.process.ChildProcess;
import dev.concertina.operator.ingest.DigestReader;
import dev.concertina.operator.ingest.KafkaAccess;
import dev.concertina.operator.ingest.Loads;
import dev.concertina.operator.ingest.PartitionMark;
import dev.concertina.operator.ingest.PartitionReader;
import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.wire.Events;
import dev.concertina.wire.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several replicas share a topic of a real broker; whatever becomes of them, each event counts once. */
class SharedCountingTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int PARTITIONS = 6;

    @TempDir
    static Path folder;

    private static String servers;
    private static Broker broker;

    @BeforeAll
    static void startBroker() throws Exception {
        BrokerSettings settings = BrokerSettings.onLoopback(folder.resolve("kafka"));
        broker = Broker.start(settings, Time.SYSTEM);
        servers = settings.address();
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    private static void topic(String name) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.createTopics(List.of(new NewTopic(name, PARTITIONS, (short) 1)
                            .configs(Map.of("max.message.bytes", String.valueOf(4 << 20)))))
                    .all()
                    .get();
        }
    }

    private static PartitionReader replica(String topic, String name) {
        PartitionReader reader = new PartitionReader(
                KafkaAccess.plain(servers, "test", name), topic, Traffic.OBJECTIVES, Clock.systemUTC());
        reader.start();
        return reader;
    }

    private static ChildProcess process(String topic, String name) throws Exception {
        return ChildProcess.start(
                name,
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ReplicaMain.class.getName(),
                        servers,
                        topic,
                        name),
                Map.of(),
                folder.resolve(name + ".log"));
    }

    /** Sends traffic until something is so. */
    private static void sendUntil(Traffic traffic, java.util.function.BooleanSupplier done) {
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(20)).until(() -> {
            traffic.some();
            return done.getAsBoolean();
        });
    }

    @Test
    void eachEventCountsOnceWhenReplicasComeAndGoAndAreKilled() throws Exception {
        topic("killed");
        try (Traffic traffic = new Traffic(servers, "killed", 1);
                PartitionReader first = replica("killed", "first")) {
            sendUntil(traffic, () -> first.owned().size() == PARTITIONS);
            PartitionReader second = replica("killed", "second");
            sendUntil(traffic, () -> second.owned().size() == PARTITIONS / 2);
            long read = second.read();
            sendUntil(traffic, () -> second.read() > read + 100);
            second.abandon(); // in the middle, without a commit
            sendUntil(traffic, () -> first.owned().size() == PARTITIONS);
            ChildProcess third = process("killed", "third");
            sendUntil(traffic, () -> first.owned().size() == PARTITIONS / 2 || !third.alive());
            assertThat(third.alive()).as(third.lastWords()).isTrue();
            for (int i = 0; i < 20; i++) {
                traffic.some();
            }
            third.kill(); // SIGKILL
            sendUntil(traffic, () -> first.owned().size() == PARTITIONS);
            Map<String, Traffic.Truth> truth = traffic.truth();
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(Reading.counted(servers, "killed")).isEqualTo(truth));
        }
        // a whole new installation of readers goes on at the committed offsets and finds nothing left to count
        try (PartitionReader last = replica("killed", "last")) {
            await().atMost(LIMIT).until(() -> last.owned().size() == PARTITIONS && last.read() > 0);
            Map<String, Traffic.Truth> before = Reading.counted(servers, "killed");
            try (Traffic more = new Traffic(servers, "killed", 1)) {
                more.some(); // the ids of the beginning again
                await().atMost(LIMIT)
                        .until(() -> Reading.counted(servers, "killed").values().stream()
                                        .mapToLong(Traffic.Truth::duplicates)
                                        .sum()
                                > before.values().stream()
                                                .mapToLong(Traffic.Truth::duplicates)
                                                .sum()
                                        + 74);
            }
            Map<String, Traffic.Truth> after = Reading.counted(servers, "killed");
            after.forEach((deployment, sum) ->
                    assertThat(sum.received()).isEqualTo(before.get(deployment).received()));
        }
    }

    @Test
    void theLeaderAddsUpWhatReplicasCountedAndKnowsWhatItDoesNotKnow() throws Exception {
        topic("merged");
        Loads loads = new Loads();
        Traffic.DEPLOYMENTS.forEach(name -> loads.watch(name, Traffic.SLO));
        DigestReader leader =
                new DigestReader(KafkaAccess.plain(servers, "test", "leader"), "merged", loads, Clock.systemUTC());
        loads.incompleteWhen(deployment -> leader.problem() != null);
        leader.start();
        try (Traffic traffic = new Traffic(servers, "merged", 2);
                leader) {
            PartitionReader one = replica("merged", "one");
            PartitionReader two = replica("merged", "two");
            sendUntil(
                    traffic,
                    () -> one.owned().size() == PARTITIONS / 2
                            && two.owned().size() == PARTITIONS / 2
                            && leader.problem() == null);
            for (String gateway : List.of("gateway-0", "gateway-1")) {
                traffic.event(
                        gateway,
                        Events.WINDOW,
                        Json.write(new Events.Window(gateway, "ns/a", 1, 50, 40, 0, 7, 3, 5_000, 9_000)));
            }
            traffic.flush();
            Traffic.Truth truth = traffic.truth().get("ns/a");
            await().atMost(LIMIT)
                    .untilAsserted(() ->
                            assertThat(snapshot(loads).counters().accepted()).isEqualTo(truth.events() + 2));
            assertThat(snapshot(loads).counters().duplicates()).isEqualTo(truth.duplicates());
            assertThat(leader.progress().reachable()).isTrue();
            long sent = traffic.truth().values().stream()
                    .mapToLong(some -> some.events() + some.duplicates())
                    .sum();
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(leader.progress().read()).isEqualTo(sent + 2));
            assertThat(leader.progress().malformed()).isZero();
            assertThat(leader.marks()).hasSize(PARTITIONS);
            assertThat(leader.marks().stream().map(PartitionMark::owner)).contains("one", "two");
            await().atMost(LIMIT).untilAsserted(() -> {
                traffic.event(
                        "gateway-0",
                        Events.WINDOW,
                        Json.write(new Events.Window("gateway-0", "ns/a", 1, 50, 40, 0, 7, 3, 5_000, 9_000)));
                traffic.flush();
                assertThat(snapshot(loads).missing()).isFalse();
                assertThat(snapshot(loads).requestsPerSecond()).isPositive();
                assertThat(snapshot(loads).attainment()).isPresent();
            });
            one.close();
            two.close();
            // events keep coming and nobody counts them: not zero traffic, but none that is known
            await().atMost(LIMIT).untilAsserted(() -> {
                traffic.some();
                assertThat(leader.problem()).contains("is counted by no operator now");
                assertThat(snapshot(loads).missing()).isTrue();
            });
        }
    }

    private static LoadSnapshot snapshot(Loads loads) {
        return loads.snapshot("ns/a", Instant.now()).orElseThrow();
    }

    @Test
    void whatIsNoEventBecomesADeadLetterWithItsReason() throws Exception {
        topic("strange");
        try (Traffic traffic = new Traffic(servers, "strange", 3);
                PartitionReader reader = replica("strange", "only")) {
            await().atMost(LIMIT).until(() -> reader.owned().size() == PARTITIONS);
            traffic.some();
            traffic.event("garbage", Events.RECEIVED, new byte[] {0, (byte) 0xff, 1, 2, 3});
            traffic.event("schema", Events.FINISHED, utf8("{\"request\": {\"id\": 1}, \"deployment\": \"ns/a\"}"));
            traffic.event(
                    "nan",
                    Events.FIRST_TOKEN,
                    utf8("{\"request\":\"q\",\"deployment\":\"ns/a\",\"rank\":0,\"ttftMs\":NaN}"));
            traffic.event("negative", Events.RECEIVED, Json.write(new Events.Received("n", "ns/a", -1, 5)));
            traffic.event("time", Events.RECEIVED, Json.write(new Events.Received("t", "ns/a", 1, 5)), "yesterday");
            traffic.event(
                    "future",
                    Events.RECEIVED,
                    Json.write(new Events.Received("u", "ns/a", 1, 5)),
                    "2999-01-01T00:00:00Z");
            traffic.event("large", Events.RECEIVED, utf8("{\"request\":\"" + "x".repeat(2 << 20) + "\"}"));
            traffic.event("foreign", "com.example.other", utf8("not ours, and not read"));
            traffic.some();
            Map<String, Traffic.Truth> truth = traffic.truth();
            await().atMost(LIMIT)
                    .untilAsserted(() ->
                            assertThat(Reading.counted(servers, "strange")).isEqualTo(truth));
            Map<String, String> reasons = new TreeMap<>();
            for (ConsumerRecord<byte[], byte[]> letter :
                    Reading.all(Map.of("bootstrap.servers", servers), "strange.dead-letters")) {
                String key = new String(letter.key(), StandardCharsets.UTF_8);
                assertThat(Reading.header(letter, "dead_topic")).isEqualTo("strange");
                assertThat(Integer.parseInt(Reading.header(letter, "dead_partition")))
                        .isBetween(0, PARTITIONS - 1);
                assertThat(Long.parseLong(Reading.header(letter, "dead_offset")))
                        .isNotNegative();
                assertThat(letter.value().length).isLessThanOrEqualTo(16 << 10);
                assertThat(reasons.put(key, Reading.header(letter, "dead_reason")))
                        .isNull();
            }
            assertThat(reasons.keySet())
                    .isEqualTo(Set.of("garbage", "schema", "nan", "negative", "time", "future", "large"));
            assertThat(reasons)
                    .containsEntry("negative", "impossible values")
                    .containsEntry("future", "impossible values")
                    .containsEntry("schema", "request is no text")
                    .containsEntry("time", "ce_time is no RFC 3339 time");
            assertThat(reasons.get("large")).contains("larger than 1048576 bytes");
        }
    }

    /** A producer gone mad: reading goes on, and neither memory nor the topic of dead letters fills. */
    @Test
    void deadLettersAreBounded() throws Exception {
        topic("mad");
        try (Traffic traffic = new Traffic(servers, "mad", 4);
                PartitionReader reader = replica("mad", "only")) {
            await().atMost(LIMIT).until(() -> reader.owned().size() == PARTITIONS);
            long began = System.nanoTime();
            for (int i = 0; i < 20_000; i++) {
                traffic.event("k" + i, Events.RECEIVED, utf8("{"));
            }
            traffic.some();
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(Reading.counted(servers, "mad")).isEqualTo(traffic.truth()));
            assertThat(reader.unusable()).isEqualTo(20_000);
            double seconds = (System.nanoTime() - began) / 1e9;
            assertThat(Reading.all(Map.of("bootstrap.servers", servers), "mad.dead-letters"))
                    .hasSizeBetween(1, (int) (100 + 50 * seconds) + 1);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
