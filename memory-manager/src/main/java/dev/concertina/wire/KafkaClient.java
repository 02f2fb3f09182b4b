package dev.concertina.wire;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a process reaches Kafka.
 *
 * @param servers bootstrap servers
 * @param settings of the user's, as Kafka's own clients take them; may hold secrets
 */
public record KafkaClient(String servers, Map<String, String> settings) {
    public KafkaClient {
        settings = Map.copyOf(settings);
    }

    /**
     * From {@code CONCERTINA_KAFKA} and {@code CONCERTINA_KAFKA_CONFIG}; null without the first.
     *
     * @throws IllegalArgumentException with one sentence when the file cannot be read
     */
    public static @Nullable KafkaClient from(Map<String, String> environment) {
        String servers = environment.get("CONCERTINA_KAFKA");
        return servers == null || servers.isBlank()
                ? null
                : new KafkaClient(servers, ClientProperties.read(environment.get("CONCERTINA_KAFKA_CONFIG")));
    }

    /** The user's settings, and ours over them. */
    public Map<String, Object> with(Map<String, ?> ours) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put("bootstrap.servers", servers);
        all.putAll(ours);
        return all;
    }

    /** The servers alone: no log holds a secret. */
    @Override
    public String toString() {
        return servers;
    }
}
