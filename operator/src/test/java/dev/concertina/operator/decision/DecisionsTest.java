package dev.concertina.operator.decision;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.scheduler.forecast.Forecast;
import dev.concertina.scheduler.load.LoadConfig;
import dev.concertina.scheduler.load.LoadTracker;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.width.WidthDecision;
import dev.concertina.scheduler.width.WidthMemory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DecisionsTest {
    private static final Slo SLO = new Slo(Duration.ofSeconds(1), Duration.ofMillis(100), 0.95);

    private static final Forecast FORECAST = new Forecast(
            Duration.ofSeconds(1), Duration.ofSeconds(1), 0, 0, 0, 0, 0, 0, 0, 0.9, Forecast.Basis.NOTHING, 0);

    private final Decisions decisions = new Decisions();

    private void decide(int second, int width, boolean applied) {
        Instant time = Instant.ofEpochSecond(second);
        WidthDecision decision = new WidthDecision(
                width,
                width,
                List.of("because"),
                List.of(),
                FORECAST,
                0,
                0,
                WidthMemory.initial(),
                new LoadTracker(LoadConfig.of(SLO)).snapshot(time));
        decisions.add("a/x", new Decisions.Made(time, 1, decision, applied));
    }

    @Test
    void eachListenerHearsOfEachDecisionAndWhichOnesChangeSomething() {
        List<Integer> all = new ArrayList<>();
        List<Integer> changes = new ArrayList<>();
        decisions.listen((deployment, made, change) -> all.add(made.decision().width()));
        decisions.listen((deployment, made, change) -> {
            if (change) {
                changes.add((int) made.time().getEpochSecond());
            }
        });
        decide(1, 2, false);
        decide(2, 2, false);
        decide(3, 2, true);
        decide(4, 3, false);
        decide(5, 3, false);
        assertThat(all).containsExactly(2, 2, 2, 3, 3);
        assertThat(changes).containsExactly(1, 3, 4);
    }
}
