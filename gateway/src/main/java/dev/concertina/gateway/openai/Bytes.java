package dev.concertina.gateway.openai;

import java.nio.charset.StandardCharsets;

/**
 * The vocabulary of models without a tokenizer: a token id is a byte. Text goes in as UTF-8. Bytes come out as UTF-8 where they are, one
 * character at a time, so that a stream never shows half a character; a byte that is part of none comes out as the Latin-1 character of that
 * value, and an id that is no byte as U+FFFD.
 */
final class Bytes {
    private static final char NO_BYTE = '\uFFFD';

    private final byte[] held = new byte[4];
    private int heldCount;
    private int needed;

    /** Token ids of a text. */
    static int[] ids(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] ids = new int[bytes.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = bytes[i] & 0xFF;
        }
        return ids;
    }

    /** Takes one token and appends the characters that are complete now. */
    void append(int id, StringBuilder out) {
        if (id < 0 || id > 255) {
            end(out);
            out.append(NO_BYTE);
        } else if (heldCount == 0) {
            begin(id, out);
        } else if (continues(id)) {
            hold(id);
            if (heldCount == needed) {
                out.append(new String(held, 0, heldCount, StandardCharsets.UTF_8));
                heldCount = 0;
            }
        } else {
            end(out);
            begin(id, out);
        }
    }

    /** No more comes: what is held is no character. */
    void end(StringBuilder out) {
        for (int i = 0; i < heldCount; i++) {
            out.append((char) (held[i] & 0xFF));
        }
        heldCount = 0;
    }

    private void begin(int id, StringBuilder out) {
        needed = id >= 0xC2 && id <= 0xDF ? 2 : id >= 0xE0 && id <= 0xEF ? 3 : id >= 0xF0 && id <= 0xF4 ? 4 : 1;
        if (needed == 1) {
            out.append((char) id);
        } else {
            hold(id);
        }
    }

    private void hold(int id) {
        held[heldCount++] = (byte) id;
    }

    /** Table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing above U+10FFFF. */
    private boolean continues(int id) {
        if (heldCount > 1) {
            return id >= 0x80 && id <= 0xBF;
        }
        return switch (held[0] & 0xFF) {
            case 0xE0 -> id >= 0xA0 && id <= 0xBF;
            case 0xED -> id >= 0x80 && id <= 0x9F;
            case 0xF0 -> id >= 0x90 && id <= 0xBF;
            case 0xF4 -> id >= 0x80 && id <= 0x8F;
            default -> id >= 0x80 && id <= 0xBF;
        };
    }
}
