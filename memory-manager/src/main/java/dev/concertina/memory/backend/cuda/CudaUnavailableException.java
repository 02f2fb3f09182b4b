package dev.concertina.memory.backend.cuda;

import java.io.IOException;

/** There is no usable NVIDIA driver here; the message says what is missing and what to do. */
public final class CudaUnavailableException extends IOException {
    private static final long serialVersionUID = 1L;

    CudaUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }

    CudaUnavailableException(String message) {
        super(message);
    }
}
