package dev.concertina.scheduler.load;

/** What became of an event. */
public enum Outcome {
    ACCEPTED,
    /** Seen before. */
    DUPLICATE,
    /** Older than the watermark less the allowed lateness. */
    LATE,
    /** Impossible values, such as negative counts, a time far ahead or a table of another shape. */
    MALFORMED
}
