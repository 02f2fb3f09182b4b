package dev.concertina.e2e.ingest;

import dev.concertina.scheduler.load.LoadDigest;
import dev.concertina.wire.Json;
import dev.concertina.wire.KafkaClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads whole topics with Kafka's own client, committed transactions only. */
final class Reading {
    private Reading() {}

    static List<ConsumerRecord<byte[], byte[]>> all(Map<String, Object> access, String topic) {
        Map<String, Object> settings = new TreeMap<>(access);
        settings.put("isolation.level", "read_committed");
        settings.put("enable.auto.commit", false);
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
        }
        return records;
    }

    /** What all committed digests come to, by deployment; what they left out as seen before counts as duplicates. */
    static Map<String, Traffic.Truth> counted(String servers, String topic) {
        return counted(new KafkaClient(servers, Map.of()), topic);
    }

    static Map<String, Traffic.Truth> counted(KafkaClient kafka, String topic) {
        Map<String, Traffic.Truth> sums = new TreeMap<>();
        for (ConsumerRecord<byte[], byte[]> message : all(kafka.with(Map.of()), topic + ".digests")) {
            if (!header(message, "type").equals("digest")) {
                continue;
            }
            LoadDigest digest = Json.read(message.value(), LoadDigest.class);
            Traffic.Truth sum = new Traffic.Truth(digest.accepted(), 0, 0, 0, 0, digest.duplicates());
            for (LoadDigest.Second second : digest.seconds()) {
                sum = sum.plus(new Traffic.Truth(
                        0, second.received(), second.promptTokens(), second.completed(), second.generatedTokens(), 0));
            }
            sums.merge(digest.deployment(), sum, Traffic.Truth::plus);
        }
        return sums;
    }

    static String header(ConsumerRecord<byte[], byte[]> message, String name) {
        return new String(message.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
