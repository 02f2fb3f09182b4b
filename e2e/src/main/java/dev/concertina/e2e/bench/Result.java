package dev.concertina.e2e.bench;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * One measurement. Numbers are rounded to four significant digits.
 *
 * @param name what was measured
 * @param value median of the repetitions
 * @param unit of {@code value} and {@code baselineValue}
 * @param baselineName what it is compared with, measured in the same run
 * @param baselineValue median of its repetitions
 * @param ratio {@code value / baselineValue}
 * @param aim what the value or the ratio should be
 * @param holds whether it is
 */
public record Result(
        @JsonProperty("name") String name,
        @JsonProperty("value") double value,
        @JsonProperty("unit") String unit,
        @JsonProperty("baseline_name") String baselineName,
        @JsonProperty("baseline_value") double baselineValue,
        @JsonProperty("ratio") double ratio,
        @JsonProperty("aim") Aim aim,
        @JsonProperty("holds") boolean holds) {

    /**
     * Compares.
     *
     * @throws IllegalArgumentException when a value is not finite or the baseline is 0: then nothing was measured
     */
    public static Result of(
            String name, double value, String unit, String baselineName, double baselineValue, Aim aim) {
        double ratio = value / baselineValue;
        if (!Double.isFinite(value) || !Double.isFinite(ratio)) {
            throw new IllegalArgumentException(
                    name + ": " + value + " against " + baselineValue + " is no measurement");
        }
        return new Result(
                name,
                rounded(value),
                unit,
                baselineName,
                rounded(baselineValue),
                rounded(ratio),
                aim,
                aim.holds(value, ratio));
    }

    private static double rounded(double value) {
        if (value == 0) {
            return 0;
        }
        double scale = Math.pow(10, 3 - Math.floor(Math.log10(Math.abs(value))));
        return Math.abs(value) >= 1000 ? Math.rint(value) : Math.rint(value * scale) / scale;
    }
}
