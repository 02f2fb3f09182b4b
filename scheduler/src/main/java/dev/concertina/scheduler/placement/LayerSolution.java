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
    private List<Integer> ranks = new ArrayList<>();
    private List<ExpertCopy> copies = new ArrayList<>();
    private @Nullable HardMediumSoftLongScore score;

    /** For OptaPlanner's cloner. */
    public LayerSolution() {}

    static LayerSolution of(LayerProblem problem, LayerTable start) {
        LayerSolution solution = new LayerSolution();
        solution.problem = problem;
        for (int rank = 0; rank < problem.ranks(); rank++) {
            solution.ranks.add(rank);
            for (int expert = 0; expert < problem.experts(); expert++) {
                if (start.holds(rank, expert)) {
                    solution.copies.add(new ExpertCopy(expert, rank));
                }
            }
        }
        return solution;
    }

    LayerProblem problem() {
        if (problem == null) {
            throw new IllegalStateException("a layer solution without its problem");
        }
        return problem;
    }

    /** The table that the copies' ranks make. */
    LayerTable table() {
        LayerTable table = new LayerTable(problem());
        for (ExpertCopy copy : copies) {
            Integer rank = copy.getRank();
            if (rank != null) {
                table.add(rank, copy.expert());
            }
        }
        return table;
    }

    @ValueRangeProvider(id = "ranks")
    public List<Integer> getRanks() {
        return ranks;
    }

    @PlanningEntityCollectionProperty
    public List<ExpertCopy> getCopies() {
        return copies;
    }

    @PlanningScore
    public @Nullable HardMediumSoftLongScore getScore() {
        return score;
    }

    public void setScore(@Nullable HardMediumSoftLongScore score) {
        this.score = score;
    }
}
