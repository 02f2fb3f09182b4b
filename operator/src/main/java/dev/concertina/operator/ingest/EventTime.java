package dev.concertina.operator.ingest;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The times of events, RFC 3339. The form that our own processes write, {@code 2026-01-01T00:00:00.123Z}, is read by hand, and its second only
 * when it is another than the last one's. Not for several threads.
 */
final class EventTime {
    /** Characters of date, hour, minute and second. */
    private static final int SECOND = 19;

    private static final int MOST = 100;

    private byte[] lastSecond = new byte[0];
    private long epochSecond;

    /**
     * The instant.
     *
     * @throws IllegalArgumentException for a text that is none
     */
    Instant read(byte[] text) {
        int end = text.length - 1;
        boolean fraction = end > SECOND + 1 && end <= SECOND + 10 && text[SECOND] == '.';
        if ((fraction || end == SECOND) && text[end] == 'Z') {
            if (!Arrays.equals(text, 0, SECOND, lastSecond, 0, lastSecond.length) && !readSecond(text)) {
                return any(text);
            }
            int nanos = fraction ? digits(text, SECOND + 1, end) : 0;
            for (int digits = end - SECOND - 1; digits >= 0 && digits < 9; digits++) {
                nanos *= 10;
            }
            return Instant.ofEpochSecond(epochSecond, nanos);
        }
        return any(text);
    }

    private boolean readSecond(byte[] text) {
        int hour = digits(text, 11, 13);
        int minute = digits(text, 14, 16);
        int second = digits(text, 17, SECOND);
        boolean usual = text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' && text[16] == ':';
        if (!usual || hour > 23 || minute > 59 || second > 59) {
            return false; // a leap second, perhaps
        }
        try {
            LocalDate day = LocalDate.of(digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10));
            epochSecond = day.toEpochDay() * 86_400 + hour * 3_600L + minute * 60L + second;
        } catch (DateTimeException e) {
            throw none(e);
        }
        lastSecond = Arrays.copyOf(text, SECOND);
        return true;
    }

    private static Instant any(byte[] text) {
        if (text.length > MOST) {
            throw new IllegalArgumentException("ce_time is longer than " + MOST + " characters");
        }
        try {
            return OffsetDateTime.parse(new String(text, StandardCharsets.UTF_8))
                    .toInstant();
        } catch (DateTimeException e) {
            throw none(e);
        }
    }

    private static int digits(byte[] text, int from, int to) {
        int value = 0;
        for (int i = from; i < to; i++) {
            int digit = text[i] - '0';
            if (digit < 0 || digit > 9) {
                throw none(null);
            }
            value = value * 10 + digit;
        }
        return value;
    }

    private static IllegalArgumentException none(@Nullable Exception cause) {
        return new IllegalArgumentException("ce_time is no RFC 3339 time", cause);
    }
}
