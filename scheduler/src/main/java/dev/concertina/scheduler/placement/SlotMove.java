package dev.concertina.scheduler.placement;

import java.util.List;
import org.optaplanner.core.api.score.director.ScoreDirector;
import org.optaplanner.core.impl.heuristic.move.AbstractMove;

/** Gives one or two slots another expert each. */
final class SlotMove extends AbstractMove<LayerSolution> {
    private final ExpertSlot slot;
    private final Integer expert;
    private final ExpertSlot other;
    private final Integer otherExpert;

    /** For a move of one slot both slots are the same, and so are the experts. */
    SlotMove(ExpertSlot slot, Integer expert, ExpertSlot other, Integer otherExpert) {
        this.slot = slot;
        this.expert = expert;
        this.other = other;
        this.otherExpert = otherExpert;
    }

    private static Integer expertOf(ExpertSlot slot) {
        Integer expert = slot.getExpert();
        if (expert == null) {
            throw new IllegalStateException("an empty slot on rank " + slot.rank());
        }
        return expert;
    }

    @Override
    public boolean isMoveDoable(ScoreDirector<LayerSolution> director) {
        return !expert.equals(slot.getExpert());
    }

    @Override
    protected AbstractMove<LayerSolution> createUndoMove(ScoreDirector<LayerSolution> director) {
        return new SlotMove(slot, expertOf(slot), other, expertOf(other));
    }

    @Override
    protected void doMoveOnGenuineVariables(ScoreDirector<LayerSolution> director) {
        set(director, slot, expert);
        if (other != slot) {
            set(director, other, otherExpert);
        }
    }

    private static void set(ScoreDirector<LayerSolution> director, ExpertSlot slot, Integer expert) {
        director.beforeVariableChanged(slot, "expert");
        slot.setExpert(expert);
        director.afterVariableChanged(slot, "expert");
    }

    @Override
    public List<ExpertSlot> getPlanningEntities() {
        return other == slot ? List.of(slot) : List.of(slot, other);
    }

    @Override
    public List<Integer> getPlanningValues() {
        return List.of(expert, otherExpert);
    }
}
