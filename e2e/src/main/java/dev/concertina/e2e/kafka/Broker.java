package dev.concertina.e2e.kafka;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/** A running broker. */
public final class Broker implements AutoCloseable {
    private final KafkaRaftServer server;

    private Broker(KafkaRaftServer server) {
        this.server = server;
    }

    /**
     * Formats the data folder when it is new, and starts; returns when clients are served.
     *
     * @throws Exception with Kafka's own reason when it cannot start
     */
    public static Broker start(BrokerSettings settings, Time time) throws Exception {
        return start(settings, Map.of(), time);
    }

    /** The same with more of Kafka's own settings, over ours: other listeners, for example. */
    public static Broker start(BrokerSettings settings, Map<String, String> more, Time time) throws Exception {
        Map<String, String> properties = new HashMap<>(settings.properties());
        properties.putAll(more);
        if (!Files.exists(settings.dir().resolve("meta.properties"))) {
            format(settings);
        }
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties, false), time);
        server.startup();
        return new Broker(server);
    }

    private static void format(BrokerSettings settings) throws Exception {
        Formatter formatter = new Formatter();
        formatter.setNodeId(BrokerSettings.NODE_ID);
        formatter.setClusterId(Uuid.randomUuid().toString());
        formatter.setControllerListenerName("CONTROLLER");
        formatter.addDirectory(settings.dir().toString());
        formatter.setMetadataLogDirectory(settings.dir().toString());
        formatter.setPrintStream(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
        formatter.run();
    }

    @Override
    public void close() {
        server.shutdown();
    }

    void awaitEnd() {
        server.awaitShutdown();
    }
}
