package dev.concertina.e2e.bench;

import dev.concertina.operator.ingest.EventDecoder;
import dev.concertina.operator.ingest.Loads;
import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.load.TrafficEvent;
import dev.concertina.wire.Events;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** The operator's way of an event after Kafka: decode, take into account, and a snapshot every second; against decoding alone. */
final class IngestBenchmark implements Benchmark {
    private static final String DEPLOYMENT = "bench/model";
    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
    private static final int SECONDS = 60;
    private static final int REQUESTS_PER_S = 200;
    private static final int RANKS = 4;
    private static final int LAYERS = 24;
    private static final int EXPERTS = 32;

    private record Message(String type, Instant time, String ceTime, byte[] data) {}

    @Override
    public List<Result> run(BenchContext context) throws IOException, InterruptedException {
        List<Message> messages = messages();
        double[] eventsPerS =
                Repetitions.medians(3, 7, () -> perSecond(messages, true), () -> perSecond(messages, false));
        return List.of(
                Result.of(
                        "traffic events decoded and taken into account",
                        eventsPerS[0],
                        "events/s",
                        "decoding alone",
                        eventsPerS[1],
                        Aim.ratioAtLeast(0.5)),
                KafkaIngestBench.run());
    }

    private static double perSecond(List<Message> messages, boolean account) throws IOException {
        Loads loads = new Loads();
        loads.watch(DEPLOYMENT, new Slo(Duration.ofSeconds(1), Duration.ofMillis(100), 0.95));
        EventDecoder decoder = new EventDecoder();
        Instant nextSnapshot = BEGIN;
        long decoded = 0;
        long began = System.nanoTime();
        for (Message message : messages) {
            TrafficEvent event = decoder.decode(message.type, message.ceTime, message.data);
            if (event == null) {
                throw new IOException("an event of type " + message.type + " was not understood");
            }
            decoded++;
            if (account) {
                loads.accept(event);
                if (message.time.isAfter(nextSnapshot)) {
                    loads.snapshot(DEPLOYMENT, message.time);
                    nextSnapshot = nextSnapshot.plusSeconds(1);
                }
            }
        }
        double result = decoded * 1e9 / (System.nanoTime() - began);
        if (account) {
            check(loads, messages.size());
        }
        return result;
    }

    private static void check(Loads loads, int sent) throws IOException {
        LoadSnapshot load =
                loads.snapshot(DEPLOYMENT, BEGIN.plusSeconds(SECONDS)).orElseThrow();
        if (load.counters().accepted() != sent) {
            throw new IOException("only " + load.counters().accepted() + " of " + sent + " events were accepted");
        }
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
        messages.add(new Message(type, time, time.toString(), Json.write(data)));
    }
}
