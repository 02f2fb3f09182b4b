package dev.concertina.e2e.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.e2e.apiserver.LocalApiServer;
import dev.concertina.e2e.kafka.Broker;
import dev.concertina.e2e.kafka.BrokerSettings;
import dev.concertina.operator.events.EventsToKafka;
import dev.concertina.operator.events.OperatorEvents;
import dev.concertina.operator.ingest.KafkaAccess;
import dev.concertina.operator.ingest.PartitionReader;
import dev.concertina.wire.Json;
import dev.concertina.wire.KafkaClient;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real broker that speaks to nobody without TLS and a password; clients have both from a file, as from a mounted Secret. */
class SecuredKafkaTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String PASSWORD = "correct-horse-battery";
    private static final String STORE_PASSWORD = "store-password";

    @TempDir
    static Path folder;

    private static Broker broker;
    private static String servers;

    @BeforeAll
    static void startBroker() throws Exception {
        Path store = folder.resolve("store.p12");
        Process keytool = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "broker",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        STORE_PASSWORD))
                .inheritIO()
                .start();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        BrokerSettings settings = BrokerSettings.onLoopback(folder.resolve("kafka"));
        servers = settings.address();
        Map<String, String> plain = settings.properties();
        Map<String, String> secured = new HashMap<>();
        for (String name : List.of("listeners", "advertised.listeners")) {
            secured.put(name, Objects.requireNonNull(plain.get(name)).replace("PLAINTEXT://", "SASL_SSL://"));
        }
        secured.put("listener.security.protocol.map", "SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT");
        secured.put("inter.broker.listener.name", "SASL_SSL");
        secured.put("sasl.enabled.mechanisms", "PLAIN");
        secured.put("sasl.mechanism.inter.broker.protocol", "PLAIN");
        secured.put(
                "listener.name.sasl_ssl.plain.sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"broker\" "
                        + "password=\"inter-broker\" user_broker=\"inter-broker\" user_concertina=\"" + PASSWORD
                        + "\";");
        for (String name : List.of("keystore", "truststore")) {
            secured.put("ssl." + name + ".location", store.toString());
            secured.put("ssl." + name + ".password", STORE_PASSWORD);
        }
        broker = Broker.start(settings, secured, Time.SYSTEM);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    /** As a process reads its environment. */
    private static KafkaClient client(String file, String password) throws Exception {
        Path properties = Files.writeString(
                folder.resolve(file), """
                security.protocol=SASL_SSL
                sasl.mechanism=PLAIN
                sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
                  username="concertina" password="%s";
                ssl.truststore.type=PKCS12
                ssl.truststore.location=%s
                ssl.truststore.password=%s
                """.formatted(password, folder.resolve("store.p12"), STORE_PASSWORD));
        return Objects.requireNonNull(KafkaClient.from(
                Map.of("CONCERTINA_KAFKA", servers, "CONCERTINA_KAFKA_CONFIG", properties.toString())));
    }

    @Test
    void eventsAreCountedOverTlsWithAPassword() throws Exception {
        KafkaClient kafka = client("right.properties", PASSWORD);
        try (Admin admin = Admin.create(kafka.with(Map.of()))) {
            admin.createTopics(List.of(new NewTopic("secured", 2, (short) 1)))
                    .all()
                    .get();
        }
        try (PartitionReader reader = new PartitionReader(
                        new KafkaAccess(kafka, "test", "one"), "secured", Traffic.OBJECTIVES, Clock.systemUTC());
                Traffic traffic = new Traffic(kafka, "secured", 5)) {
            reader.start();
            await().atMost(LIMIT).until(() -> reader.owned().size() == 2);
            traffic.some();
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(Reading.counted(kafka, "secured")).isEqualTo(traffic.truth()));
        }
    }

    @Test
    void aWrongPasswordIsSaidAndNotShown() throws Exception {
        KafkaClient kafka = client("wrong.properties", "wrong-secret");
        try (PartitionReader reader = new PartitionReader(
                new KafkaAccess(kafka, "test", "two"), "secured", Traffic.OBJECTIVES, Clock.systemUTC())) {
            reader.start();
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(reader.problem()).containsIgnoringCase("authentication"));
            assertThat(reader.problem()).doesNotContain("wrong-secret", STORE_PASSWORD);
        }
        assertThat(new KafkaAccess(kafka, "test", "two").toString()).doesNotContain("wrong-secret", STORE_PASSWORD);
    }

    @Test
    void decisionsAndOperationsArePublishedAsTheirSchemasSay() throws Exception {
        KafkaClient kafka = client("events.properties", PASSWORD);
        try (LocalApiServer api = new LocalApiServer(0, InstantSource.system());
                EventsToKafka events = new EventsToKafka(kafka, "told")) {
            events.start(api.client());
            events.decision(
                    new OperatorEvents.DecisionData(
                            "ns/a",
                            1,
                            2,
                            true,
                            List.of("demand is higher than one rank serves"),
                            List.of(new OperatorEvents.Candidate(2, "chosen"))),
                    Instant.parse("2026-01-01T00:00:00.5Z"));
            operation(api.client(), "Planned", "");
            operation(api.client(), "Staging", "");
            operation(
                    api.client(),
                    "Succeeded",
                    ", requestsLost: 0, done: {kept: 1, copied: 2, loaded: 3}, peakBytes: 9");
            await().atMost(LIMIT)
                    .ignoreExceptions()
                    .until(() -> Reading.all(kafka.with(Map.of()), "told").size() == 4);
            List<ConsumerRecord<byte[], byte[]>> told = Reading.all(kafka.with(Map.of()), "told");
            for (ConsumerRecord<byte[], byte[]> event : told) {
                String type = Reading.header(event, "ce_type");
                assertThat(Reading.header(event, "ce_specversion")).isEqualTo("1.0");
                assertThat(Reading.header(event, "content-type")).isEqualTo("application/json");
                assertThat(Reading.header(event, "ce_subject")).isEqualTo("ns/a");
                assertThat(event.key()).asString().isEqualTo("ns/a");
                assertThat(Instant.parse(Reading.header(event, "ce_time"))).isNotNull();
                assertThat(schema(type).validate(Json.mapper().readTree(event.value())))
                        .isEmpty();
            }
            assertThat(told.stream().map(event -> Reading.header(event, "ce_id")))
                    .hasSize(4)
                    .doesNotHaveDuplicates();
            assertThat(told.stream()
                            .filter(event -> Reading.header(event, "ce_type").equals(OperatorEvents.OPERATION))
                            .map(event -> Json.read(event.value(), OperatorEvents.OperationData.class))
                            .map(OperatorEvents.OperationData::phase))
                    .containsExactly("Planned", "Staging", "Succeeded");
        }
    }

    /** A schema that lets everything through would prove nothing. */
    @Test
    void theSchemasRefuseWhatIsNoEvent() throws Exception {
        for (String type : List.of(OperatorEvents.DECISION, OperatorEvents.OPERATION)) {
            assertThat(schema(type).validate(Json.mapper().readTree("{\"deployment\": \"ns/a\", \"width\": -1}")))
                    .isNotEmpty();
        }
    }

    private static JsonSchema schema(String type) throws Exception {
        String file = type.equals(OperatorEvents.DECISION) ? "decision" : "operation";
        String text = Files.readString(Path.of("../docs/events/" + file + ".schema.json"));
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(text);
    }

    private static void operation(KubernetesClient client, String phase, String more) {
        String yaml = """
                apiVersion: concertina.dev/v1alpha1
                kind: ScaleOperation
                metadata: {name: a-1, namespace: ns}
                spec: {deployment: a, fromWidth: 1, toWidth: 2, reason: test}
                status: {phase: %s, phases: [{phase: %s, startedAt: "%s"}]%s}
                """.formatted(phase, phase, Instant.now(), more);
        ScaleOperation operation = Serialization.unmarshal(yaml, ScaleOperation.class);
        if (client.resource(operation).get() == null) {
            client.resource(operation).create();
        }
        client.resource(operation).updateStatus();
    }
}
