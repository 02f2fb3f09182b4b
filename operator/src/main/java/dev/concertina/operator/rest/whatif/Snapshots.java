package dev.concertina.operator.rest.whatif;

import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.load.LoadSnapshot.Rate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** Loads that nobody measured: a steady one, and a recorded one with the series that its predecessors make. */
final class Snapshots {
    private static final Duration WINDOW = Duration.ofSeconds(20);
    private static final int SECONDS = 60;

    private Snapshots() {}

    /** As if the load had been so for a minute. */
    static LoadSnapshot steady(Question.Steady load, Instant now) {
        double rate = load.requestsPerSecond();
        double prompt = rate * load.promptTokens();
        double generated = rate * load.generatedTokens();
        List<Rate> series = new ArrayList<>();
        for (int i = SECONDS - 1; i >= 0; i--) {
            series.add(new Rate(now.minusSeconds(i), rate, prompt, generated));
        }
        return new LoadSnapshot(
                now,
                WINDOW,
                false,
                1,
                rate,
                prompt,
                generated,
                rate,
                OptionalDouble.of(load.promptTokens()),
                OptionalDouble.of(load.generatedTokens()),
                0,
                0,
                0,
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                series,
                List.of(),
                OptionalDouble.empty(),
                new double[0][],
                new float[0][][],
                new LoadSnapshot.Counters(0, 0, 0, 0));
    }

    /** The rates of a recorded load, as a sample of a series. */
    static Rate sample(LoadSnapshot load) {
        return new Rate(
                load.at(), load.requestsPerSecond(), load.promptTokensPerSecond(), load.generatedTokensPerSecond());
    }

    /** A recorded load, which is kept without its series, with one. */
    static LoadSnapshot withSeries(LoadSnapshot load, List<Rate> series) {
        return new LoadSnapshot(
                load.at(),
                load.window(),
                load.missing(),
                load.sources(),
                load.requestsPerSecond(),
                load.promptTokensPerSecond(),
                load.generatedTokensPerSecond(),
                load.completedPerSecond(),
                load.meanPromptTokens(),
                load.meanGeneratedTokens(),
                load.inFlight(),
                load.queued(),
                load.overdue(),
                load.ttftP50Ms(),
                load.ttftP99Ms(),
                load.tpotP50Ms(),
                load.tpotP99Ms(),
                load.attainment(),
                series,
                load.longSeries(),
                load.kvUse(),
                load.expertLoad(),
                load.coActivation(),
                load.counters());
    }
}
