package dev.concertina.scheduler.placement;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.optaplanner.core.api.domain.solution.PlanningEntityCollectionProperty;
import org.optaplanner.core.api.domain.solution.PlanningScore;
import org.optaplanner.core.api.domain.solution.PlanningSolution;
import org.optaplanner.core.api.domain.valuerange.ValueRangeProvider;
import org.optaplanner.core.api.score.buildin.hardmediumsoftlong.HardMediumSoftLongScore;

/** One layer in OptaPlanner's terms. */
@PlanningSolution
public class LayerSolution {
    private @Nullable LayerProblem problem;
    private List<Integer> experts = new ArrayList<>();
    private List<ExpertSlot> slots = new ArrayList<>();
    private @Nullable HardMediumSoftLongScore score;
    /** The table that the score calculator keeps for the working solution; moves are chosen by it. */
    private @Nullable LayerTable live;

    /** For OptaPlanner's cloner. */
    public LayerSolution() {}

    static LayerSolution of(LayerTable start) {
        LayerSolution solution = new LayerSolution();
        LayerProblem problem = start.problem();
        solution.problem = problem;
        for (int expert = 0; expert < problem.experts(); expert++) {
            solution.experts.add(expert);
        }
        for (int rank = 0; rank < problem.ranks(); rank++) {
            for (int slot = 0; slot < start.slots(rank); slot++) {
                solution.slots.add(new ExpertSlot(rank, slot, start.expert(rank, slot)));
            }
        }
        return solution;
    }

    private LayerProblem problem() {
        if (problem == null) {
            throw new IllegalStateException("a layer solution without its problem");
        }
        return problem;
    }

    /** The table that the slots' experts make. */
    LayerTable table() {
        LayerTable table = new LayerTable(problem());
        for (ExpertSlot slot : slots) {
            Integer expert = slot.getExpert();
            if (expert != null) {
                table.set(slot.rank(), slot.slot(), expert);
            }
        }
        return table;
    }

    LayerTable live() {
        if (live == null) {
            throw new IllegalStateException("the score of this solution is not being calculated");
        }
        return live;
    }

    void live(LayerTable table) {
        live = table;
    }

    @ValueRangeProvider(id = "experts")
    public List<Integer> getExperts() {
        return experts;
    }

    /** Ranks in order, the slots of each in order. */
    @PlanningEntityCollectionProperty
    public List<ExpertSlot> getSlots() {
        return slots;
    }

    @PlanningScore
    public @Nullable HardMediumSoftLongScore getScore() {
        return score;
    }

    public void setScore(@Nullable HardMediumSoftLongScore score) {
        this.score = score;
    }
}
