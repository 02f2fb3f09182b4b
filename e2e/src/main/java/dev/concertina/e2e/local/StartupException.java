package dev.concertina.e2e.local;

/** The local cluster cannot start or go on; the message is one sentence that names cause and fix. */
public final class StartupException extends Exception {
    private static final long serialVersionUID = 1L;

    public StartupException(String message) {
        super(message);
    }

    public StartupException(String message, Throwable cause) {
        super(message, cause);
    }
}
