package dev.concertina.memory.backend;

import java.io.IOException;

/** The device has no room; recoverable, nothing changed. */
public final class OutOfDeviceMemoryException extends IOException {
    private static final long serialVersionUID = 1L;

    public OutOfDeviceMemoryException(String message) {
        super(message);
    }
}
