package dev.concertina.scheduler.placement;

import org.jspecify.annotations.Nullable;
import org.optaplanner.core.api.score.buildin.hardmediumsoftlong.HardMediumSoftLongScore;
import org.optaplanner.core.api.score.calculator.IncrementalScoreCalculator;

/**
 * Incremental score of one layer. Hard: every expert somewhere and never twice on a rank. Medium: the weighted sum of the objectives. Soft:
 * roughness, which leads over plateaus where the fullest rank does not change.
 */
public class LayerScore implements IncrementalScoreCalculator<LayerSolution, HardMediumSoftLongScore> {
    static final double SCALE = 1e9;
    private static final int NOTHING = -1;

    private @Nullable LayerTable table;

    private LayerTable table() {
        if (table == null) {
            throw new IllegalStateException("no working solution yet");
        }
        return table;
    }

    @Override
    public void resetWorkingSolution(LayerSolution solution) {
        table = solution.table();
        solution.live(table);
    }

    @Override
    public void beforeEntityAdded(Object entity) {}

    @Override
    public void afterEntityAdded(Object entity) {
        take((ExpertSlot) entity);
    }

    @Override
    public void beforeVariableChanged(Object entity, String variable) {}

    @Override
    public void afterVariableChanged(Object entity, String variable) {
        take((ExpertSlot) entity);
    }

    @Override
    public void beforeEntityRemoved(Object entity) {
        ExpertSlot slot = (ExpertSlot) entity;
        table().set(slot.rank(), slot.slot(), NOTHING);
    }

    @Override
    public void afterEntityRemoved(Object entity) {}

    private void take(ExpertSlot slot) {
        Integer expert = slot.getExpert();
        table().set(slot.rank(), slot.slot(), expert == null ? NOTHING : expert);
    }

    @Override
    public HardMediumSoftLongScore calculateScore() {
        LayerTable now = table();
        return HardMediumSoftLongScore.of(
                -now.violations(), -Math.round(SCALE * now.weighted()), -Math.round(SCALE * now.roughness()));
    }
}
