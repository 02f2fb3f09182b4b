package dev.concertina.e2e.local;

import dev.concertina.e2e.kubelet.Program;
import dev.concertina.e2e.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;

/** The broker's process and its one topic. */
final class KafkaChild {
    static final String TOPIC = "concertina.traffic";
    private final ChildProcess process;
    private final String address;

    private KafkaChild(ChildProcess process, String address) {
        this.process = process;
        this.address = address;
    }

    static KafkaChild start(Program program, String address, Path runDir) throws StartupException {
        Map<String, String> env =
                Map.of("CONCERTINA_KAFKA_DIR", runDir.resolve("kafka").toString(), "CONCERTINA_KAFKA_LISTEN", address);
        try {
            ChildProcess process = ChildProcess.start(
                    "kafka", program.commandLine(), env, runDir.resolve("logs").resolve("kafka.log"));
            return new KafkaChild(process, address);
        } catch (IOException e) {
            throw new StartupException("the Kafka broker cannot be started: " + e.getMessage(), e);
        }
    }

    String address() {
        return address;
    }

    ChildProcess process() {
        return process;
    }

    /** Throws when the broker has ended. */
    void checkAlive() throws StartupException {
        if (!process.alive()) {
            throw new StartupException("the Kafka broker ended with exit code "
                    + process.exitCode().orElse(-1) + ": " + process.lastWords());
        }
    }

    /** Waits until the broker serves, and makes the topic. */
    void awaitTopic(Duration limit) throws StartupException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!process.lastWords().contains("event=ready")) {
            checkAlive();
            if (System.nanoTime() > deadline) {
                throw new StartupException(
                        "the Kafka broker did not start within " + limit.toSeconds() + " s; see " + process.log());
            }
            LocalCluster.pause(Duration.ofMillis(100));
        }
        Map<String, Object> config = Map.of("bootstrap.servers", address);
        try (Admin admin = Admin.create(config)) {
            admin.createTopics(List.of(new NewTopic(TOPIC, Optional.of(1), Optional.empty())))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new StartupException("the Kafka topic cannot be made: " + e.getCause(), e);
            }
        } catch (TimeoutException e) {
            throw new StartupException("the Kafka broker did not make the topic within 30 s; see " + process.log(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartupException("interrupted while Kafka starts", e);
        }
    }
}
