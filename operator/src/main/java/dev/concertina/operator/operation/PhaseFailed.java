package dev.concertina.operator.operation;

/** A phase cannot reach its end; the message is for users. */
final class PhaseFailed extends Exception {
    private static final long serialVersionUID = 1L;

    PhaseFailed(String message) {
        super(message);
    }
}
