package dev.concertina.scheduler.placement;

import org.jspecify.annotations.Nullable;
import org.optaplanner.core.api.score.buildin.hardmediumsoftlong.HardMediumSoftLongScore;
import org.optaplanner.core.api.score.calculator.IncrementalScoreCalculator;

/**
 * Incremental score of one layer. Hard: slots and one copy of an expert per rank. Medium: the weighted sum of the objectives. Soft: roughness,
 * which leads over plateaus where the fullest rank does not change.
 */
public class LayerScore implements IncrementalScoreCalculator<LayerSolution, HardMediumSoftLongScore> {
    private static final double SCALE = 1e9;

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
    }

    @Override
    public void beforeEntityAdded(Object entity) {}

    @Override
    public void afterEntityAdded(Object entity) {
        add(entity);
    }

    @Override
    public void beforeVariableChanged(Object entity, String variable) {
        remove(entity);
    }

    @Override
    public void afterVariableChanged(Object entity, String variable) {
        add(entity);
    }

    @Override
    public void beforeEntityRemoved(Object entity) {
        remove(entity);
    }

    @Override
    public void afterEntityRemoved(Object entity) {}

    private void add(Object entity) {
        ExpertCopy copy = (ExpertCopy) entity;
        Integer rank = copy.getRank();
        if (rank != null) {
            table().add(rank, copy.expert());
        }
    }

    private void remove(Object entity) {
        ExpertCopy copy = (ExpertCopy) entity;
        Integer rank = copy.getRank();
        if (rank != null) {
            table().remove(rank, copy.expert());
        }
    }

    @Override
    public HardMediumSoftLongScore calculateScore() {
        LayerTable now = table();
        return HardMediumSoftLongScore.of(
                -now.violations(), -Math.round(SCALE * now.weighted()), -Math.round(SCALE * now.roughness()));
    }
}
