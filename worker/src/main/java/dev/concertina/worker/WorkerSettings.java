package dev.concertina.worker;

import dev.concertina.wire.KafkaClient;
import dev.concertina.worker.engine.Pace;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A worker's settings, from its environment ({@code docs/protocols.md}).
 *
 * @param host address to listen on and to advertise
 * @param controlPort 0 for any
 * @param exchangePort 0 for any
 * @param deployment {@code namespace/name}
 * @param rank data-parallel rank, from 0
 * @param pod name of the pod
 * @param pace stated speed of a simulated accelerator
 * @param kafka where expert counts go; null: none are sent
 * @param topic of the traffic events
 * @param state folder of this pod's own that outlives the process; null: none
 */
public record WorkerSettings(
        String host,
        int controlPort,
        int exchangePort,
        String deployment,
        int rank,
        String pod,
        Pace pace,
        @Nullable KafkaClient kafka,
        String topic,
        @Nullable Path state) {
    static final int CONTROL_PORT = 7080;
    static final int EXCHANGE_PORT = 7081;

    /**
     * Reads the environment.
     *
     * @throws IllegalArgumentException naming the variable that is missing or wrong
     */
    public static WorkerSettings from(Map<String, String> environment) {
        String pace = environment.get("CONCERTINA_PACE");
        return new WorkerSettings(
                need(environment, "CONCERTINA_HOST"),
                CONTROL_PORT,
                EXCHANGE_PORT,
                need(environment, "CONCERTINA_DEPLOYMENT"),
                rank(need(environment, "CONCERTINA_RANK")),
                need(environment, "CONCERTINA_POD"),
                pace == null || pace.isBlank() ? Pace.NONE : Pace.parse(pace),
                KafkaClient.from(environment),
                environment.getOrDefault("CONCERTINA_TOPIC", "concertina.traffic"),
                folder(environment.get("CONCERTINA_STATE_DIR")));
    }

    private static @Nullable Path folder(@Nullable String text) {
        if (text == null || text.isBlank()) {
            return null;
        }
        try {
            Path folder = Path.of(text);
            if (Files.isDirectory(folder) && Files.isWritable(folder)) {
                return folder;
            }
        } catch (InvalidPathException e) {
            // told below
        }
        throw new IllegalArgumentException(
                "CONCERTINA_STATE_DIR is '" + text + "'; it must be a folder that this process may write");
    }

    static String need(Map<String, String> environment, String name) {
        String value = environment.get(name);
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(name + " is not set; docs/protocols.md says what it must be");
        }
        return value;
    }

    private static int rank(String text) {
        try {
            return Integer.parseUnsignedInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("CONCERTINA_RANK must be a number from 0, not '" + text + "'", e);
        }
    }
}
