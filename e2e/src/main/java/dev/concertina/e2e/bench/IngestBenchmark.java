package dev.concertina.e2e.bench;

import dev.concertina.operator.ingest.EventDecoder;
import dev.concertina.scheduler.load.LoadDigest;
import dev.concertina.scheduler.load.PartitionLoad;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.load.TrafficEvent;
import dev.concertina.wire.Events;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A replica's way of an event after Kafka: decode, count, and a digest four times a second; against decoding alone. Then the whole with Kafka. */
final class IngestBenchmark implements Benchmark {
    private static final String DEPLOYMENT = "bench/model";
    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
    private static final Slo SLO = new Slo(Duration.ofSeconds(1), Duration.ofMillis(100), 0.95);
    private static final Duration LATENESS = Duration.ofSeconds(5);
    private static final int RECENT_IDS = 16_384;
    private static final int SECONDS = 60;
    private static final int REQUESTS_PER_S = 200;
    private static final int RANKS = 4;
    private static final int LAYERS = 24;
    private static final int EXPERTS = 32;

    private record Message(String type, Instant time, byte[] ceTime, byte[] data) {}

    @Override
    public List<Result> run(BenchContext context) throws IOException, InterruptedException {
        List<Message> messages = messages();
        double[] eventsPerS =
                Repetitions.medians(3, 7, () -> perSecond(messages, true), () -> perSecond(messages, false));
        return List.of(
                Result.of(
                        "traffic events decoded and counted",
                        eventsPerS[0],
                        "events/s",
                        "decoding alone",
                        eventsPerS[1],
                        Aim.ratioAtLeast(0.5)),
                KafkaIngestBench.run());
    }

    private static double perSecond(List<Message> messages, boolean account) throws IOException {
        PartitionLoad load = new PartitionLoad(RECENT_IDS, LATENESS);
        EventDecoder decoder = new EventDecoder();
        Instant nextDigest = BEGIN;
        long accepted = 0;
        long began = System.nanoTime();
        for (Message message : messages) {
            TrafficEvent event = decoder.decode(message.type, message.ceTime, message.data);
            if (event == null) {
                throw new IOException("an event of type " + message.type + " was not understood");
            }
            if (account) {
                load.accept(event, SLO, message.time);
                if (message.time.isAfter(nextDigest)) {
                    accepted += accepted(load, message.time);
                    nextDigest = nextDigest.plusMillis(250);
                }
            }
        }
        double result = messages.size() * 1e9 / (System.nanoTime() - began);
        if (account && accepted + accepted(load, nextDigest) != messages.size()) {
            throw new IOException("not all of " + messages.size() + " events were accepted");
        }
        return result;
    }

    private static long accepted(PartitionLoad load, Instant now) {
        return load.drain(now).stream().mapToLong(LoadDigest::accepted).sum();
    }

    /** A minute of traffic in order: three events a request, a window a second of the gateway, expert counts a second of every rank. */
    private static List<Message> messages() {
        Random random = new Random(1);
        List<Message> messages = new ArrayList<>();
        for (int second = 0; second < SECONDS; second++) {
            for (int i = 0; i < REQUESTS_PER_S; i++) {
                String id = "cmpl-" + second + "-" + i;
                Instant time = BEGIN.plusSeconds(second).plusMillis(i * 1000L / REQUESTS_PER_S);
                int tokens = 1 + random.nextInt(400);
                add(messages, Events.RECEIVED, time, new Events.Received(id, DEPLOYMENT, 1000, tokens));
                add(messages, Events.FIRST_TOKEN, time, new Events.FirstToken(id, DEPLOYMENT, i % RANKS, 120.5));
                add(
                        messages,
                        Events.FINISHED,
                        time,
                        new Events.Finished(id, DEPLOYMENT, "completed", 1000, tokens, 120.5, 31.25, 4000));
            }
            Instant end = BEGIN.plusSeconds(second).plusMillis(999);
            add(
                    messages,
                    Events.WINDOW,
                    end,
                    new Events.Window(
                            "gateway-0", DEPLOYMENT, 1, REQUESTS_PER_S, REQUESTS_PER_S, 0, 40, 0, 200_000, 40_000));
            for (int rank = 0; rank < RANKS; rank++) {
                long[][] counts = new long[LAYERS][EXPERTS];
                for (long[] layer : counts) {
                    for (int expert = 0; expert < EXPERTS; expert++) {
                        layer[expert] = random.nextInt(10_000);
                    }
                }
                add(messages, Events.EXPERTS, end, new Events.Experts(DEPLOYMENT, rank, 1, counts));
            }
        }
        return messages;
    }

    private static void add(List<Message> messages, String type, Instant time, Object data) {
        messages.add(new Message(type, time, time.toString().getBytes(StandardCharsets.US_ASCII), Json.write(data)));
    }
}
