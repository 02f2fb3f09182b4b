package dev.concertina.scheduler.load;

/** How a request ended. */
public enum RequestOutcome {
    COMPLETED,
    FAILED,
    /** Ended by its client; says nothing about the objective. */
    CANCELLED
}
