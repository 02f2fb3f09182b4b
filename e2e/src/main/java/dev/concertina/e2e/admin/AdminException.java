package dev.concertina.e2e.admin;

import org.jspecify.annotations.Nullable;

/** Why a verb did not work, in one sentence. */
final class AdminException extends Exception {
    private static final long serialVersionUID = 1L;
    private final int exitCode;

    /** The API refused. */
    static AdminException refused(String sentence) {
        return new AdminException(sentence, 1, null);
    }

    /** It could not be asked. */
    static AdminException unable(String sentence, @Nullable Throwable cause) {
        return new AdminException(sentence, 2, cause);
    }

    /** It could not be asked. */
    static AdminException unable(String sentence) {
        return new AdminException(sentence, 2, null);
    }

    private AdminException(String sentence, int exitCode, @Nullable Throwable cause) {
        super(sentence, cause);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
