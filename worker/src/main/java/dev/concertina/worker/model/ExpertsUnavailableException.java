package dev.concertina.worker.model;

/** An expert's holder does not answer now. The step that asked has changed nothing that counts and is run again. */
public final class ExpertsUnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    public ExpertsUnavailableException(String message) {
        super(message);
    }
}
