package dev.concertina.gateway.events;

import dev.concertina.wire.KafkaClient;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.CloudEventSerializer;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.StringSerializer;

/** Producers that write CloudEvents in binary mode (attributes as headers) and give up soon: fresh events matter, old ones do not. */
public final class KafkaProducers {
    private KafkaProducers() {}

    /** Connects; blocks while the names of the servers are looked up, and throws when none can be found. */
    public static Producer<String, CloudEvent> connect(KafkaClient kafka, String gateway) {
        Map<String, Object> settings = new HashMap<>();
        settings.put(ProducerConfig.CLIENT_ID_CONFIG, "concertina-gateway-" + gateway);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 2_000);
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 15_000);
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 5);
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 16L * 1024 * 1024);
        settings.put(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 2_000);
        settings.put(ProducerConfig.METADATA_MAX_AGE_CONFIG, 30_000);
        return new KafkaProducer<>(kafka.with(settings), new StringSerializer(), new CloudEventSerializer());
    }
}
