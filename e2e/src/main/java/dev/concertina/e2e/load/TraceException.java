package dev.concertina.e2e.load;

/** A trace file that cannot be used; the message is one sentence that names the file, the line and the reason. */
public final class TraceException extends Exception {
    private static final long serialVersionUID = 1L;

    public TraceException(String message) {
        super(message);
    }

    TraceException(String message, Throwable cause) {
        super(message, cause);
    }
}
