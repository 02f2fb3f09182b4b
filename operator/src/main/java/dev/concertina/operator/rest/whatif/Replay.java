package dev.concertina.operator.rest.whatif;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.operator.decision.DecisionLoop;
import dev.concertina.operator.decision.Decisions;
import dev.concertina.operator.rest.problem.ProblemException;
import dev.concertina.operator.spec.Wanted;
import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.width.WidthDecision;
import dev.concertina.scheduler.width.WidthInput;
import dev.concertina.scheduler.width.WidthMemory;
import dev.concertina.scheduler.width.WidthPolicy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes recorded decisions anew under a changed policy. The recorded traffic is what is replayed; the width goes the changed policy's own way,
 * as if each change served at once, while queue and latencies stay those that the width of then had.
 */
@ApplicationScoped
public class Replay {
    private static final String NOTE =
            "arrivals are as recorded and the width follows the changed policy at once; queue and latencies are those of the width that"
                    + " served then, so a narrower policy looks a little better here than it would have been";

    /** Recorded loads are kept without their series; the loads before them are one. */
    private static final int LONGEST_SERIES = 300;

    private final ObjectMapper mapper;

    Replay(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    /**
     * Replays.
     *
     * @param made the decisions kept, oldest first
     * @throws ProblemException 422 when the policy is not valid or no decision of the period is kept
     */
    public Replayed replay(MoEDeployment deployment, List<Decisions.Made> made, Changed changed) {
        if (changed.from() != null && changed.to() != null && changed.from().isAfter(changed.to())) {
            throw ProblemException.unprocessable("from", "the period ends before it begins");
        }
        List<Decisions.Made> period = made.stream()
                .filter(one -> changed.from() == null || !one.time().isBefore(changed.from()))
                .filter(one -> changed.to() == null || !one.time().isAfter(changed.to()))
                .toList();
        if (period.isEmpty()) {
            throw ProblemException.unprocessable(
                    "from",
                    "no decision of this period is kept"
                            + (made.isEmpty()
                                    ? "; under mode Manual none are made"
                                    : "; kept are those from " + made.getFirst().time() + " to "
                                            + made.getLast().time()));
        }
        return replay(WhatIf.wanted(with(deployment, changed)), period);
    }

    /** The deployment with the changed fields in its spec. */
    private MoEDeployment with(MoEDeployment deployment, Changed changed) {
        ObjectNode spec = mapper.valueToTree(deployment.getSpec());
        merge(spec, "scaling", changed.scaling());
        merge(spec, "slo", changed.slo());
        MoEDeployment copy = new MoEDeployment();
        copy.setMetadata(deployment.getMetadata());
        try {
            copy.setSpec(mapper.treeToValue(spec, MoEDeploymentSpec.class));
        } catch (JsonProcessingException e) {
            throw ProblemException.unprocessable("scaling", String.valueOf(e.getOriginalMessage()));
        }
        return copy;
    }

    private void merge(ObjectNode spec, String field, @Nullable Object changed) {
        if (changed != null) {
            spec.withObject("/" + field).setAll(mapper.<ObjectNode>valueToTree(changed));
        }
    }

    private static Replayed replay(Wanted wanted, List<Decisions.Made> period) {
        Course course = new Course(wanted, period.getFirst());
        period.forEach(course::take);
        return course.end(period);
    }

    /** The width on its other way. */
    private static final class Course {
        private final Wanted wanted;
        private final WidthPolicy policy;
        private final Deque<LoadSnapshot.Rate> series = new ArrayDeque<>();
        private final List<Replayed.Point> points = new ArrayList<>();
        private WidthMemory memory = WidthMemory.initial();
        private Instant before;
        private int width;
        private double rankSecondsThen;
        private double rankSeconds;

        private Course(Wanted wanted, Decisions.Made first) {
            this.wanted = wanted;
            this.policy = DecisionLoop.policy(wanted);
            this.before = first.time();
            this.width = first.widthBefore();
        }

        private void take(Decisions.Made made) {
            double seconds = Duration.between(before, made.time()).toNanos() / 1e9;
            before = made.time();
            rankSecondsThen += seconds * made.widthBefore();
            rankSeconds += seconds * width;
            WidthDecision decision = decide(made);
            memory = decision.memory();
            points.add(new Replayed.Point(
                    made.time(),
                    made.widthBefore(),
                    made.decision().width(),
                    width,
                    decision.width(),
                    decision.reasons()));
            width = decision.width();
        }

        private WidthDecision decide(Decisions.Made made) {
            LoadSnapshot load = made.decision().input();
            if (!load.missing()) {
                series.addLast(Snapshots.sample(load));
            }
            if (series.size() > LONGEST_SERIES) {
                series.removeFirst();
            }
            return policy.decide(new WidthInput(
                    made.time(),
                    Snapshots.withSeries(load, List.copyOf(series)),
                    width,
                    wanted.minWidth(),
                    wanted.maxWidth(),
                    wanted.maxStep(),
                    wanted.slo(),
                    wanted.scaleUpStabilization(),
                    wanted.scaleDownStabilization(),
                    memory));
        }

        private Replayed end(List<Decisions.Made> period) {
            return new Replayed(
                    period.getFirst().time(),
                    period.getLast().time(),
                    period.size(),
                    rankSecondsThen,
                    rankSeconds,
                    (int) points.stream()
                            .filter(point -> point.decidedThen() != point.servedThen())
                            .count(),
                    (int) points.stream()
                            .filter(point -> point.decided() != point.served())
                            .count(),
                    NOTE,
                    points);
        }
    }
}
