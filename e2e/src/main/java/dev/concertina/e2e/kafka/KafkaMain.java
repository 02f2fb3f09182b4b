package dev.concertina.e2e.kafka;

import dev.concertina.wire.Lifetime;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/**
 * Main of the one-broker Kafka. Settings come from the environment: {@code CONCERTINA_KAFKA_DIR} (data), {@code CONCERTINA_KAFKA_LISTEN}
 * ({@code host:port}) and {@code CONCERTINA_KAFKA_ADVERTISE} ({@code host:port} that clients are told, default: where it listens). The
 * controller listens on the next port. A bad setting or a port in use ends it with one sentence and exit code 2.
 */
public final class KafkaMain {
    // kept in a field: the log manager holds loggers weakly
    private static final Logger ROOT_LOG = Logger.getLogger("");

    private KafkaMain() {}

    public static void main(String[] args) {
        Lifetime.endWithParent();
        // Kafka prints its whole configuration at INFO
        ROOT_LOG.setLevel(Level.WARNING);
        Broker broker;
        try {
            BrokerSettings settings = settings(System.getenv());
            checkFree(settings.listenHost(), settings.listenPort());
            checkFree(settings.controllerHost(), settings.listenPort() + 1);
            Files.createDirectories(settings.dir());
            broker = Broker.start(settings, Time.SYSTEM);
        } catch (Exception e) {
            // a broker that cannot start has nothing to clean up; its own threads must not keep the process
            System.err.println("kafka: " + e.getMessage());
            Runtime.getRuntime().halt(2);
            return;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "kafka-stop"));
        System.out.println("event=ready");
        broker.awaitEnd();
    }

    static BrokerSettings settings(Map<String, String> env) {
        String listen = required(env, "CONCERTINA_KAFKA_LISTEN", "127.0.0.1:9092");
        String advertise = env.get("CONCERTINA_KAFKA_ADVERTISE");
        HostPort at = HostPort.parse("CONCERTINA_KAFKA_LISTEN", listen);
        HostPort told =
                advertise == null || advertise.isBlank() ? at : HostPort.parse("CONCERTINA_KAFKA_ADVERTISE", advertise);
        return new BrokerSettings(
                Path.of(required(env, "CONCERTINA_KAFKA_DIR", "/var/lib/kafka")),
                at.host(),
                at.port(),
                told.host(),
                told.port());
    }

    private static String required(Map<String, String> env, String name, String example) {
        @Nullable String value = env.get(name);
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(name + " is not set; set it, for example to " + example);
        }
        return value;
    }

    private static void checkFree(String host, int port) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw new IOException(
                    "cannot listen on " + host + ":" + port + " (" + e.getMessage()
                            + "); free the port or choose another with CONCERTINA_KAFKA_LISTEN",
                    e);
        }
    }

    private record HostPort(String host, int port) {
        static HostPort parse(String name, String text) {
            int colon = text.lastIndexOf(':');
            try {
                int port = Integer.parseInt(text.substring(colon + 1));
                if (colon > 0 && port > 0 && port < 65535) {
                    return new HostPort(text.substring(0, colon), port);
                }
            } catch (NumberFormatException e) {
                // reported below
            }
            throw new IllegalArgumentException(
                    name + " is '" + text + "', not host:port; set it, for example to 127.0.0.1:9092");
        }
    }
}
