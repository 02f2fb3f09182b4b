package dev.concertina.wire;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** The shared secret that every control call carries. Never printed. */
public final class Token {
    private final String value;

    public Token(String value) {
        if (value.length() < 16) {
            throw new IllegalArgumentException("the control token must have at least 16 characters");
        }
        this.value = value;
    }

    /**
     * Reads the file that {@code CONCERTINA_TOKEN_FILE} names.
     *
     * @throws IllegalArgumentException when the variable is unset, or the file is missing or too short
     */
    public static Token fromEnvironment() {
        String file = System.getenv("CONCERTINA_TOKEN_FILE");
        if (file == null || file.isBlank()) {
            throw new IllegalArgumentException(
                    "CONCERTINA_TOKEN_FILE is not set; point it at a file with the control token");
        }
        return fromFile(Path.of(file));
    }

    /** Reads a token file; surrounding white space does not count. */
    public static Token fromFile(Path file) {
        try {
            return new Token(Files.readString(file).strip());
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot read the control token file " + file + ": " + e, e);
        }
    }

    String header() {
        return "Bearer " + value;
    }

    /** Compares an {@code Authorization} header in constant time. */
    public boolean matches(@Nullable String authorization) {
        return authorization != null
                && MessageDigest.isEqual(
                        authorization.getBytes(StandardCharsets.UTF_8), header().getBytes(StandardCharsets.UTF_8));
    }

    /** The {@code Authorization} header's value, for clients that do not use {@link ControlClient}. */
    public String authorization() {
        return header();
    }

    @Override
    public String toString() {
        return "Token[hidden]";
    }
}
