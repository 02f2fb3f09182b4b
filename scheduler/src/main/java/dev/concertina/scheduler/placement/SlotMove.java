package dev.concertina.scheduler.placement;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.optaplanner.core.api.score.director.ScoreDirector;
import org.optaplanner.core.impl.heuristic.move.AbstractMove;

/** Gives one or two slots another expert each, or none. */
final class SlotMove extends AbstractMove<LayerSolution> {
    private final ExpertSlot slot;
    private final @Nullable Integer expert;
    private final ExpertSlot other;
    private final @Nullable Integer otherExpert;

    /** For a move of one slot both slots are the same, and so are the experts. */
    SlotMove(ExpertSlot slot, @Nullable Integer expert, ExpertSlot other, @Nullable Integer otherExpert) {
        this.slot = slot;
        this.expert = expert;
        this.other = other;
        this.otherExpert = otherExpert;
    }

    @Override
    public boolean isMoveDoable(ScoreDirector<LayerSolution> director) {
        return !Objects.equals(expert, slot.getExpert());
    }

    @Override
    protected AbstractMove<LayerSolution> createUndoMove(ScoreDirector<LayerSolution> director) {
        return new SlotMove(slot, slot.getExpert(), other, other.getExpert());
    }

    @Override
    protected void doMoveOnGenuineVariables(ScoreDirector<LayerSolution> director) {
        set(director, slot, expert);
        if (other != slot) {
            set(director, other, otherExpert);
        }
    }

    private static void set(ScoreDirector<LayerSolution> director, ExpertSlot slot, @Nullable Integer expert) {
        director.beforeVariableChanged(slot, "expert");
        slot.setExpert(expert);
        director.afterVariableChanged(slot, "expert");
    }

    @Override
    public List<ExpertSlot> getPlanningEntities() {
        return other == slot ? List.of(slot) : List.of(slot, other);
    }

    @Override
    public List<@Nullable Integer> getPlanningValues() {
        return Arrays.asList(expert, otherExpert);
    }
}
