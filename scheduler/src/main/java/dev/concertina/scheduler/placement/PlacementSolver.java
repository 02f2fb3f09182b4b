package dev.concertina.scheduler.placement;

/** Places experts. Safe for several threads. */
public final class PlacementSolver {
    /** The best placement found within the time limit, never worse than its start. */
    public PlacementResult solve(PlacementProblem problem) {
        throw new UnsupportedOperationException("not built yet");
    }
}
