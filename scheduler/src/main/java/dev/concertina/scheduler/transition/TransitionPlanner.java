package dev.concertina.scheduler.transition;

/** Plans the way from one placement to the next. Stateless and safe for any number of threads. */
public final class TransitionPlanner {
    /** The steps, or the bytes that are missing. */
    public TransitionPlan plan(TransitionProblem problem) {
        throw new UnsupportedOperationException("not built yet");
    }
}
