package dev.concertina.scheduler.placement;

import org.jspecify.annotations.Nullable;
import org.optaplanner.core.api.domain.entity.PlanningEntity;
import org.optaplanner.core.api.domain.variable.PlanningVariable;

/** One copy of an expert, to be given a rank; OptaPlanner's planning entity, public because OptaPlanner makes clones of it. */
@PlanningEntity
public class ExpertCopy {
    private int expert;
    private @Nullable Integer rank;

    /** For OptaPlanner's cloner. */
    public ExpertCopy() {}

    ExpertCopy(int expert, int rank) {
        this.expert = expert;
        this.rank = rank;
    }

    int expert() {
        return expert;
    }

    /** The rank that is to hold it; null only while OptaPlanner changes it. */
    @PlanningVariable(valueRangeProviderRefs = "ranks")
    public @Nullable Integer getRank() {
        return rank;
    }

    public void setRank(@Nullable Integer rank) {
        this.rank = rank;
    }
}
