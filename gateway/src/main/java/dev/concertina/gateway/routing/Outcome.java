package dev.concertina.gateway.routing;

/** How a request ended. */
public sealed interface Outcome {

    /**
     * All tokens are there.
     *
     * @param reason {@code stop} or {@code length}
     */
    record Completed(String reason) implements Outcome {}

    /**
     * It could not be answered.
     *
     * @param status HTTP status for the client
     * @param message one sentence for the client
     */
    record Failed(int status, String message) implements Outcome {}

    /** The client went away. */
    record Cancelled() implements Outcome {}

    /** {@code completed}, {@code failed} or {@code cancelled}, as in events. */
    default String label() {
        return switch (this) {
            case Completed c -> "completed";
            case Failed f -> "failed";
            case Cancelled c -> "cancelled";
        };
    }
}
