package dev.concertina.gateway.routing;

import dev.concertina.wire.Rank;

/** How a worker's stream of one sequence ended. */
sealed interface StreamEnd {

    /** The worker says that the sequence is complete: {@code stop} or {@code length}. */
    record Finished(String reason) implements StreamEnd {}

    /** The sequence goes on at another rank. */
    record Moved(Rank rank) implements StreamEnd {}

    /** The worker answered that it does not take it. */
    record Refused(int status, String sentence) implements StreamEnd {}

    /**
     * Connection, worker or sequence is gone, or the stream makes no sense.
     *
     * @param taken whether the worker had taken the sequence
     */
    record Lost(String reason, boolean taken) implements StreamEnd {}
}
