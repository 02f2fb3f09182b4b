package dev.concertina.worker.engine;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The stated speed of a simulated accelerator: a step takes at least {@code step + token x load}. A step's load in tokens is half its own rows (the
 * dense half of a forward pass) plus half the expert rows that this device computed since the step before, its own and its peers', over (layers x
 * topK), so that one token costs one token wherever its experts run, and at width 1 the load is the number of rows.
 *
 * @param step fixed time of a step
 * @param token time of one token
 */
public record Pace(Duration step, Duration token) {
    /** As fast as the machine goes. */
    public static final Pace NONE = new Pace(Duration.ZERO, Duration.ZERO);

    private static final Pattern FORM = Pattern.compile("step=(\\d+)(ms|us),token=(\\d+)(ms|us)");

    /**
     * Reads {@code step=8ms,token=800us}.
     *
     * @throws IllegalArgumentException for any other text
     */
    public static Pace parse(String text) {
        Matcher matcher = FORM.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a pace: '" + text + "'; write it as step=8ms,token=800us");
        }
        return new Pace(duration(matcher.group(1), matcher.group(2)), duration(matcher.group(3), matcher.group(4)));
    }

    private static Duration duration(String number, String unit) {
        long value = Long.parseLong(number);
        return unit.equals("ms") ? Duration.ofMillis(value) : Duration.of(value, ChronoUnit.MICROS);
    }

    /**
     * Least time of a step in nanoseconds.
     *
     * @param rows own rows of the step
     * @param expertRows expert rows computed on this device since the step before
     * @param perToken layers x topK
     */
    long nanos(int rows, long expertRows, int perToken) {
        double load = 0.5 * rows + 0.5 * expertRows / perToken;
        return step.toNanos() + (long) (token.toNanos() * load);
    }
}
