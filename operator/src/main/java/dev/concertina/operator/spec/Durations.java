package dev.concertina.operator.spec;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Durations as Kubernetes users write them: {@code 90s}, {@code 1m30s}, {@code 200ms}. */
final class Durations {
    private static final Pattern PART = Pattern.compile("([0-9]{1,9})(us|ms|s|m|h)");

    private Durations() {}

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException in one sentence that names the field
     */
    static Duration parse(String field, @Nullable String text, Duration otherwise) {
        if (text == null) {
            return otherwise;
        }
        Matcher matcher = PART.matcher(text);
        Duration sum = Duration.ZERO;
        int end = 0;
        while (matcher.find() && matcher.start() == end) {
            long count = Long.parseLong(matcher.group(1));
            sum = sum.plus(
                    switch (matcher.group(2)) {
                        case "us" -> Duration.ofNanos(1_000 * count);
                        case "ms" -> Duration.ofMillis(count);
                        case "s" -> Duration.ofSeconds(count);
                        case "m" -> Duration.ofMinutes(count);
                        default -> Duration.ofHours(count);
                    });
            end = matcher.end();
        }
        if (end == 0 || end != text.length()) {
            throw new IllegalArgumentException(
                    field + " is '" + text + "'; write a duration such as 500ms, 10s or 1m30s");
        }
        return sum;
    }
}
