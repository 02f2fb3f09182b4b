package dev.concertina.operator.ingest;

import dev.concertina.wire.KafkaClient;
import java.util.Map;

/**
 * How Kafka is reached.
 *
 * @param client servers and settings
 * @param group begins the names of consumer groups and transactions; what shares a traffic topic without being the same installation must
 *     differ in it
 * @param member this process' name, different from every other's of the group
 */
public record KafkaAccess(KafkaClient client, String group, String member) {
    /** Without settings of the user's. */
    public static KafkaAccess plain(String servers, String group, String member) {
        return new KafkaAccess(new KafkaClient(servers, Map.of()), group, member);
    }

    /** The user's settings, and ours over them. */
    Map<String, Object> with(Map<String, Object> ours) {
        return client.with(ours);
    }
}
