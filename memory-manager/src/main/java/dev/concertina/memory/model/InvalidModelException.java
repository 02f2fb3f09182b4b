package dev.concertina.memory.model;

import java.io.IOException;

/** A model folder that cannot be used; the message is one sentence that names the file and the reason. */
public final class InvalidModelException extends IOException {
    private static final long serialVersionUID = 1L;

    public InvalidModelException(String message) {
        super(message);
    }
}
