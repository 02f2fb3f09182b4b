package dev.concertina.e2e.plan;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.concertina.scheduler.placement.PlacementResult.Score;
import java.util.List;

/**
 * What {@code plan --json} writes; names are stable.
 *
 * @param placement {@code [layer][slot] -> expert}, the slots of accelerator 0 first; -1 for a slot that stays empty, which none does unless it was
 *     allowed or there are more slots than experts
 * @param perNode accelerators of a node
 * @param maxOverMean per layer, load of the fullest accelerator over the mean; replicas share equally
 * @param boundPerLayer what no placement can be below
 */
record PlanJson(
        @JsonProperty("layers") int layers,
        @JsonProperty("experts") int experts,
        @JsonProperty("accelerators") int accelerators,
        @JsonProperty("slots") int slots,
        @JsonProperty("per_node") int perNode,
        @JsonProperty("within_node") double withinNode,
        @JsonProperty("expert_bytes") long expertBytes,
        @JsonProperty("weights") Weights weights,
        @JsonProperty("placement") int[][] placement,
        @JsonProperty("max_over_mean") double[] maxOverMean,
        @JsonProperty("bound_per_layer") double[] boundPerLayer,
        @JsonProperty("moved_experts") int movedExperts,
        @JsonProperty("moved_bytes") long movedBytes,
        @JsonProperty("first_answer_ms") double firstAnswerMs,
        @JsonProperty("elapsed_ms") double elapsedMs,
        @JsonProperty("scores") List<Line> scores,
        @JsonProperty("why_not") List<String> whyNot) {

    /** A line of the score table; means over the layers, or pairs of layers. */
    record Line(
            @JsonProperty("name") String name,
            @JsonProperty("max_over_mean") double maxOverMean,
            @JsonProperty("communication") double communication,
            @JsonProperty("moved_experts") int movedExperts,
            @JsonProperty("moved_bytes") long movedBytes,
            @JsonProperty("unspread") int unspread,
            @JsonProperty("weighted") double weighted) {}

    /** Of the objectives in {@code weighted}. */
    record Weights(
            @JsonProperty("balance") double balance,
            @JsonProperty("movement") double movement,
            @JsonProperty("spread") double spread,
            @JsonProperty("communication") double communication) {}

    static PlanJson of(Plan plan, double withinNode, int perNode) {
        int layers = plan.problem().layers();
        return new PlanJson(
                layers,
                plan.problem().experts(),
                plan.problem().ranks(),
                plan.problem().slotsPerRank(),
                perNode,
                withinNode,
                plan.problem().expertBytes(),
                new Weights(
                        plan.problem().weights().balance(),
                        plan.problem().weights().movement(),
                        plan.problem().weights().spread(),
                        plan.problem().weights().communication()),
                SlotTable.of(plan.result().placement(), plan.problem().slotsPerRank()),
                plan.result().imbalancePerLayer(),
                plan.result().boundPerLayer(),
                plan.result().score().movedExperts(),
                plan.result().score().movedBytes(),
                plan.result().firstAnswer().toNanos() / 1e6,
                plan.result().elapsed().toNanos() / 1e6,
                plan.rows().stream()
                        .map(row -> line(row.name(), row.score(), layers))
                        .toList(),
                plan.result().alternatives().stream()
                        .map(other -> other.whyNot(plan.result().score()))
                        .toList());
    }

    private static Line line(String name, Score score, int layers) {
        return new Line(
                name,
                score.balance() / layers,
                score.communication() / Math.max(1, layers - 1),
                score.movedExperts(),
                score.movedBytes(),
                score.unspread(),
                score.weighted());
    }
}
