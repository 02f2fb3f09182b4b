package dev.concertina.operator.rest.whatif;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.operator.decision.DecisionLoop;
import dev.concertina.operator.decision.Decisions;
import dev.concertina.operator.rest.problem.ProblemException;
import dev.concertina.operator.spec.Wanted;
import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.width.WidthDecision;
import dev.concertina.scheduler.width.WidthInput;
import dev.concertina.scheduler.width.WidthMemory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplayTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private final JsonMapper mapper = JsonMapper.builder().build();
    private final Replay replay = new Replay(mapper);

    private MoEDeployment deployment() throws Exception {
        return mapper.readValue("""
                {"metadata": {"name": "m", "namespace": "default"},
                 "spec": {"model": {"source": "/m"}, "width": 1, "engine": {"env": {"CONCERTINA_PACE": "step=6ms,token=800us"}},
                          "scaling": {"mode": "Auto", "minWidth": 1, "maxWidth": 4, "scaleUpStabilization": "2s"}}}""", MoEDeployment.class);
    }

    /** Two quiet minutes, then two with a load for which one rank is too little; decided each second as the operator does. */
    private List<Decisions.Made> recorded() throws Exception {
        Wanted wanted = Wanted.of(deployment());
        List<Decisions.Made> made = new ArrayList<>();
        List<LoadSnapshot.Rate> series = new ArrayList<>();
        WidthMemory memory = WidthMemory.initial();
        int width = 1;
        for (int second = 0; second < 240; second++) {
            Instant now = START.plusSeconds(second);
            LoadSnapshot steady = Snapshots.steady(new Question.Steady(second < 120 ? 0.5 : 16.0, 50.0, 50.0), now);
            series.add(Snapshots.sample(steady));
            LoadSnapshot load = Snapshots.withSeries(steady, List.copyOf(series));
            WidthDecision decision = DecisionLoop.policy(wanted)
                    .decide(new WidthInput(
                            now,
                            load,
                            width,
                            wanted.minWidth(),
                            wanted.maxWidth(),
                            wanted.maxStep(),
                            wanted.slo(),
                            wanted.scaleUpStabilization(),
                            wanted.scaleDownStabilization(),
                            memory));
            made.add(new Decisions.Made(now, width, decision, true));
            memory = decision.memory();
            width = decision.width();
        }
        return made;
    }

    private static Changed changed(Integer minWidth, Integer maxWidth) {
        return new Changed(null, null, new Changed.Scaling(minWidth, maxWidth, null, null, null), null);
    }

    @Test
    void thePolicyAsItIsGoesUpAsItDid() throws Exception {
        List<Decisions.Made> made = recorded();
        assertThat(made.getLast().decision().width()).isGreaterThan(1);
        Replayed again = replay.replay(deployment(), made, new Changed(null, null, null, null));
        assertThat(again.points().getLast().decided())
                .isEqualTo(made.getLast().decision().width());
        assertThat(again.decisions()).isEqualTo(240);
    }

    @Test
    void otherBoundsAreObserved() throws Exception {
        List<Decisions.Made> made = recorded();
        Replayed narrow = replay.replay(deployment(), made, changed(null, 1));
        assertThat(narrow.points()).allMatch(point -> point.decided() == 1);
        assertThat(narrow.changesReplayed()).isZero();
        assertThat(narrow.rankSecondsReplayed()).isLessThan(narrow.rankSecondsThen());
        Replayed wide = replay.replay(deployment(), made, changed(3, null));
        assertThat(wide.points().getFirst().decided()).isEqualTo(3);
        assertThat(wide.rankSecondsReplayed()).isGreaterThan(wide.rankSecondsThen());
    }

    @Test
    void aPeriodIsCutOut() throws Exception {
        Replayed part = replay.replay(
                deployment(), recorded(), new Changed(START.plusSeconds(10), START.plusSeconds(19), null, null));
        assertThat(part.decisions()).isEqualTo(10);
        assertThat(part.from()).isEqualTo(START.plusSeconds(10));
    }

    @Test
    void whatCannotBeReplayedIsSaid() throws Exception {
        List<Decisions.Made> made = recorded();
        assertThatThrownBy(() -> replay.replay(deployment(), made, changed(5, null)))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("minWidth 5");
        assertThatThrownBy(() -> replay.replay(deployment(), List.of(), changed(1, null)))
                .hasMessageContaining("under mode Manual none are made");
        assertThatThrownBy(() -> replay.replay(
                        deployment(), made, new Changed(START.minusSeconds(9), START.minusSeconds(5), null, null)))
                .hasMessageContaining("kept are those from 2026-01-01T00:00:00Z");
        assertThatThrownBy(
                        () -> replay.replay(deployment(), made, new Changed(START.plusSeconds(9), START, null, null)))
                .hasMessageContaining("ends before it begins");
    }
}
