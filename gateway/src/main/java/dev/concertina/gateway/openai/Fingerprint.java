package dev.concertina.gateway.openai;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What makes two requests ask for the same tokens: model, prompt, length and stops; not how the answer is written. */
final class Fingerprint {
    private static final int ID_BYTES = 16;

    private Fingerprint() {}

    /** Hex digits, equal exactly when the requests ask for the same tokens. */
    static String of(CompletionRequest request) {
        MessageDigest digest = sha256();
        add(digest, request.model());
        add(digest, request.promptIds());
        add(digest, new int[] {request.maxTokens()});
        add(digest, request.stopIds());
        request.stops().forEach(stop -> add(digest, stop));
        return HexFormat.of().formatHex(digest.digest());
    }

    /** An id that every gateway gives to the same key and request; the key cannot be read from it. */
    static String id(String key, String fingerprint) {
        MessageDigest digest = sha256();
        add(digest, key);
        add(digest, fingerprint);
        return HexFormat.of().formatHex(digest.digest(), 0, ID_BYTES);
    }

    private static void add(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }

    private static void add(MessageDigest digest, int[] ids) {
        ByteBuffer bytes = ByteBuffer.allocate((ids.length + 1) * Integer.BYTES).putInt(ids.length);
        bytes.asIntBuffer().put(ids);
        digest.update(bytes.rewind());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
