package dev.concertina.e2e.kafka;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/** A running broker. */
final class Broker {
    private final KafkaRaftServer server;

    private Broker(KafkaRaftServer server) {
        this.server = server;
    }

    /**
     * Formats the data folder when it is new, and starts; returns when clients are served.
     *
     * @throws Exception with Kafka's own reason when it cannot start
     */
    static Broker start(BrokerSettings settings, Time time) throws Exception {
        if (!Files.exists(settings.dir().resolve("meta.properties"))) {
            format(settings);
        }
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(settings.properties(), false), time);
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

    void stop() {
        server.shutdown();
    }

    void awaitEnd() {
        server.awaitShutdown();
    }
}
