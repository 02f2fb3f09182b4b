package dev.concertina.e2e.cluster;

/** The run on the cluster cannot start or go on; the message is one sentence that names cause and fix. */
final class ClusterException extends Exception {
    private static final long serialVersionUID = 1L;

    ClusterException(String message) {
        super(message);
    }

    ClusterException(String message, Throwable cause) {
        super(message, cause);
    }
}
