package dev.concertina.e2e.bench;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/**
 * What a result should be. Written {@code ratio >= 2} or {@code value <= 1000}.
 *
 * @param subject what is compared
 * @param atLeast a lower limit; an upper one otherwise
 * @param limit inclusive
 */
public record Aim(Subject subject, boolean atLeast, double limit) {
    /** What of a result is compared. */
    public enum Subject {
        VALUE,
        RATIO
    }

    public static Aim ratioAtLeast(double limit) {
        return new Aim(Subject.RATIO, true, limit);
    }

    public static Aim ratioAtMost(double limit) {
        return new Aim(Subject.RATIO, false, limit);
    }

    /** No aim: the value is reported. */
    public static Aim reported() {
        return new Aim(Subject.VALUE, false, Double.POSITIVE_INFINITY);
    }

    public static Aim valueAtMost(double limit) {
        return new Aim(Subject.VALUE, false, limit);
    }

    boolean holds(double value, double ratio) {
        double measured = subject == Subject.VALUE ? value : ratio;
        return atLeast ? measured >= limit : measured <= limit;
    }

    @JsonValue
    @Override
    public String toString() {
        if (Double.isInfinite(limit)) {
            return "reported";
        }
        String number = limit == Math.rint(limit) ? String.valueOf((long) limit) : String.valueOf(limit);
        return subject.name().toLowerCase(Locale.ROOT) + (atLeast ? " >= " : " <= ") + number;
    }
}
