package dev.concertina.wire;

/** A refusal that the peer answered: it did not act. A call without an answer is an {@link java.io.IOException}: its outcome is unknown. */
public final class ControlException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;

    public ControlException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** HTTP status: 400 bad request, 401 no or wrong token, 404 unknown, 409 refused in this state, 412 older term, 507 out of device memory. */
    public int status() {
        return status;
    }
}
