package dev.concertina.operator.rest.whatif;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.operator.app.Control;
import dev.concertina.operator.decision.DecisionLoop;
import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.operation.Preview;
import dev.concertina.operator.placement.PlacementTable;
import dev.concertina.operator.rest.problem.ProblemException;
import dev.concertina.operator.rest.view.DecisionView;
import dev.concertina.operator.rest.view.DecisionView.CandidateView;
import dev.concertina.operator.spec.Wanted;
import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.transition.TransitionPlan;
import dev.concertina.scheduler.width.WidthDecision;
import dev.concertina.scheduler.width.WidthInput;
import dev.concertina.scheduler.width.WidthMemory;
import io.fabric8.kubernetes.client.KubernetesClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Asks the scheduler what a load and a width would bring: its width policy, its placement solver and its transition planner. */
@ApplicationScoped
public class WhatIf {
    private final KubernetesClient client;

    WhatIf(KubernetesClient client) {
        this.client = client;
    }

    /**
     * Answers.
     *
     * @throws ProblemException 422 when the spec is not valid, or no load is given and none is seen
     */
    public Answer answer(Control control, MoEDeployment deployment, Question question) {
        Wanted wanted = wanted(deployment);
        String key = deployment.getMetadata().getNamespace() + "/"
                + deployment.getMetadata().getName();
        Instant now = Instant.now();
        Question.Steady steady = question.load() == null ? seen(control, key, now) : question.load();
        LoadSnapshot load = Snapshots.steady(steady, now);
        int effective = deployment.getStatus() == null || deployment.getStatus().effectiveWidth() == null
                ? 0
                : deployment.getStatus().effectiveWidth();
        WidthDecision free = decide(wanted, load, Math.max(effective, wanted.minWidth()), wanted.maxWidth());
        int width = question.width() == null ? free.width() : question.width();
        WidthDecision judged = decide(wanted, load, width, Math.max(width, wanted.maxWidth()));
        CandidateView candidate = DecisionView.candidates(judged).stream()
                .filter(one -> one.width() == width)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the policy did not judge the width it was asked about"));
        Preview.Outcome outcome = control.preview().of(deployment, effective, width);
        return new Answer(
                effective,
                width,
                free.width(),
                steady,
                new Answer.Slo(
                        candidate.attainment(),
                        wanted.slo().attainment(),
                        candidate.attainment() >= wanted.slo().attainment(),
                        candidate.utilization()),
                DecisionView.candidates(judged),
                layout(outcome),
                way(outcome, deployment, effective, width));
    }

    static Wanted wanted(MoEDeployment deployment) {
        try {
            return Wanted.of(deployment);
        } catch (IllegalArgumentException e) {
            throw ProblemException.unprocessable("spec", String.valueOf(e.getMessage()));
        }
    }

    private static Question.Steady seen(Control control, String key, Instant now) {
        LoadSnapshot load = control.loads()
                .snapshot(key, now)
                .filter(snapshot -> !snapshot.missing())
                .orElseThrow(() -> ProblemException.unprocessable(
                        "load", "no traffic is seen now, so give requestsPerSecond, promptTokens and generatedTokens"));
        return new Question.Steady(
                load.requestsPerSecond(),
                load.meanPromptTokens().orElse(0),
                Math.max(1, load.meanGeneratedTokens().orElse(1)));
    }

    /** Without stabilisation: the question is what is right, not when. */
    private static WidthDecision decide(Wanted wanted, LoadSnapshot load, int current, int maxWidth) {
        return DecisionLoop.policy(wanted)
                .decide(new WidthInput(
                        load.at(),
                        load,
                        current,
                        Math.min(wanted.minWidth(), current),
                        maxWidth,
                        0,
                        wanted.slo(),
                        Duration.ZERO,
                        Duration.ZERO,
                        WidthMemory.initial()));
    }

    private static Answer.@Nullable Layout layout(Preview.Outcome outcome) {
        return switch (outcome) {
            case Preview.Outcome.Possible possible ->
                new Answer.Layout(
                        Arrays.stream(possible.imbalancePerLayer()).average().orElse(1),
                        possible.expertsMoved(),
                        possible.message(),
                        PlacementTable.encode(possible.placement()));
            case Preview.Outcome.Impossible impossible -> null;
        };
    }

    private Answer.Way way(Preview.Outcome outcome, MoEDeployment deployment, int from, int to) {
        return switch (outcome) {
            case Preview.Outcome.Impossible impossible -> Answer.Way.impossible(impossible.reason());
            case Preview.Outcome.Possible possible -> {
                TransitionPlan.Feasible plan = possible.plan();
                PastSeconds past = from == to
                        ? null
                        : PastSeconds.of(
                                new Operations(client)
                                        .list(
                                                deployment.getMetadata().getNamespace(),
                                                deployment.getMetadata().getName()),
                                to > from);
                yield new Answer.Way(
                        true,
                        null,
                        plan.bytesKept(),
                        plan.bytesCopied(),
                        plan.bytesLoaded(),
                        plan.diskBytes(),
                        plan.peakBytes(),
                        seconds(past, from == to, plan),
                        from == to
                                ? "the width is as it is"
                                : past == null
                                        ? "no change in this direction has been measured yet"
                                        : past.operations() + " operation(s) in this direction");
            }
        };
    }

    private static @Nullable Double seconds(@Nullable PastSeconds past, boolean nothing, TransitionPlan.Feasible plan) {
        if (nothing) {
            return 0.0;
        }
        return past == null ? null : past.predict(plan.bytesCopied() + plan.bytesLoaded());
    }
}
