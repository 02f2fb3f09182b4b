package dev.concertina.scheduler.placement;

import org.jspecify.annotations.Nullable;
import org.optaplanner.core.api.domain.entity.PlanningEntity;
import org.optaplanner.core.api.domain.variable.PlanningVariable;

/** A slot of a rank, to be given an expert; OptaPlanner's planning entity, public because OptaPlanner makes clones of it. */
@PlanningEntity
public class ExpertSlot {
    private int rank;
    private int slot;
    private @Nullable Integer expert;

    /** For OptaPlanner's cloner. */
    public ExpertSlot() {}

    ExpertSlot(int rank, int slot, int expert) {
        this.rank = rank;
        this.slot = slot;
        this.expert = expert < 0 ? null : expert;
    }

    int rank() {
        return rank;
    }

    int slot() {
        return slot;
    }

    /** The expert that it is to hold; null for an empty slot. */
    @PlanningVariable(valueRangeProviderRefs = "experts", nullable = true)
    public @Nullable Integer getExpert() {
        return expert;
    }

    public void setExpert(@Nullable Integer expert) {
        this.expert = expert;
    }
}
