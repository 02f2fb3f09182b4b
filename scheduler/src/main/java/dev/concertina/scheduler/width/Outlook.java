package dev.concertina.scheduler.width;

import dev.concertina.scheduler.capacity.Traffic;
import dev.concertina.scheduler.forecast.Forecast;
import dev.concertina.scheduler.forecast.Forecaster;
import dev.concertina.scheduler.forecast.Series;
import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.load.LoadSnapshot.Rate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * Demand and what it will be. Work is prompt tokens that come in, and arrivals times the mean length of an answer, which is what they will
 * cost whatever the ranks manage now.
 */
final class Outlook {
    /** Newest seconds that forecasts are made from. */
    private static final int SECONDS = 300;

    private static final int LASTING = 60;
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final int DAY = 144;
    private static final int LEAST_DAYS = 2;
    private static final double MOST_VARIATION = 16;
    private final LoadSnapshot load;
    private final WidthConfig config;
    private final double imbalance;
    private final double generated;
    private final double perRequest;
    private final double variation;
    private final Series series;
    private final double[] longValues;
    private final Map<Long, Forecast> forecasts = new HashMap<>();

    Outlook(LoadSnapshot load, WidthConfig config, double imbalance) {
        this.load = load;
        this.config = config;
        this.imbalance = imbalance;
        this.generated = load.meanGeneratedTokens().orElse(0);
        double prompt = load.meanPromptTokens().orElse(0);
        this.perRequest = Math.max(1, prompt + generated);
        List<Rate> newest = load.series()
                .subList(
                        Math.max(0, load.series().size() - SECONDS),
                        load.series().size());
        // prompts vary about as an exponential distribution does, answers are counted at their mean: E[work^2] /
        // E[work]
        this.series =
                new Series(SECOND, grid(newest, SECOND, this::work), perRequest + prompt * prompt / perRequest, 0);
        this.variation = variation(newest);
        this.longValues = grid(load.longSeries(), LONG, this::work);
    }

    private double work(Rate rate) {
        return rate.promptTokens() + answers(rate.requests(), rate.generatedTokens());
    }

    /** A figure on an even grid, NaN where nothing is known. */
    private double[] grid(List<Rate> rates, Duration bin, ToDoubleFunction<Rate> figure) {
        if (rates.isEmpty()) {
            return load.missing() || bin.equals(LONG) ? new double[0] : new double[] {now()};
        }
        long first = rates.getFirst().end().toEpochMilli();
        int count = (int) ((rates.getLast().end().toEpochMilli() - first) / bin.toMillis()) + 1;
        double[] values = new double[Math.clamp(count, 1, 10 * SECONDS)];
        Arrays.fill(values, Double.NaN);
        for (Rate rate : rates) {
            int slot = (int) ((rate.end().toEpochMilli() - first) / bin.toMillis());
            if (slot < values.length) {
                values[slot] = figure.applyAsDouble(rate);
            }
        }
        return values;
    }

    private double now() {
        return load.promptTokensPerSecond() + answers(load.requestsPerSecond(), load.generatedTokensPerSecond());
    }

    /** Before any request has ended, what leaves is all that is known of the answers. */
    private double answers(double requests, double leaving) {
        return load.meanGeneratedTokens().isPresent() ? requests * generated : leaving;
    }

    /** Variance of the arrivals of a second over their mean, from the differences of neighbours, so that a change of level counts little. */
    private static double variation(List<Rate> rates) {
        List<Rate> minute = rates.subList(Math.max(0, rates.size() - 60), rates.size());
        double squares = 0;
        double sum = 0;
        for (int i = 1; i < minute.size(); i++) {
            double step = minute.get(i).requests() - minute.get(i - 1).requests();
            squares += step * step / 2;
            sum += minute.get(i).requests();
        }
        double doubt = 5;
        return Math.clamp((squares + doubt) / (sum + doubt), 1, MOST_VARIATION);
    }

    /** Tokens of a mean request. */
    double perRequest() {
        return perRequest;
    }

    /** Requests of the present mix that come to so much work per second. */
    Traffic traffic(double work) {
        return new Traffic(work / perRequest, perRequest - generated, Math.max(1, generated), 1, variation, imbalance);
    }

    /** Demand over the span that begins {@code lead} from now. */
    Forecast forecast(Duration lead, double confidence) {
        long seconds = (lead.toMillis() + 999) / 1_000;
        return forecasts.computeIfAbsent(
                seconds * 1_000 + Math.round(confidence * 999),
                key -> make(Duration.ofSeconds(seconds), new Forecaster(confidence)));
    }

    private Forecast make(Duration lead, Forecaster forecaster) {
        Forecast near = forecaster.forecast(series, lead.plus(config.span()), config.span());
        OptionalDouble season = season(lead.plus(config.span()), forecaster);
        return season.isEmpty() ? near : near.shifted(season.getAsDouble());
    }

    /** True when requests bring most of their work with them; that of answers comes one token after the other, and makes no burst. */
    boolean mostlyPrompts() {
        return perRequest - generated > 2 * generated;
    }

    /** Mean work per second of the newest minute. */
    double lasting() {
        int from = Math.max(0, series.values().length - LASTING);
        return Arrays.stream(series.values(), from, series.values().length)
                .filter(value -> !Double.isNaN(value))
                .average()
                .orElse(0);
    }

    /** What came of late, against requests that may wait so long. */
    Bursts bursts(double waitSeconds) {
        return new Bursts(
                grid(load.series(), SECOND, this::work), grid(load.series(), SECOND, Rate::requests), waitSeconds);
    }

    /** What the time of the day adds until then, when there have been days enough to know. */
    private OptionalDouble season(Duration horizon, Forecaster forecaster) {
        if (longValues.length < LEAST_DAYS * DAY) {
            return OptionalDouble.empty();
        }
        Forecast far = forecaster.forecast(new Series(LONG, longValues, 0, DAY), max(horizon, LONG), LONG);
        double share = Math.min(1, horizon.toMillis() / (double) LONG.toMillis());
        return OptionalDouble.of(share * far.season());
    }

    private static Duration max(Duration a, Duration b) {
        return a.compareTo(b) > 0 ? a : b;
    }

    /** True when no request came during the newest {@code idle}, every second of it known but a tenth. */
    boolean nobodyFor(Duration idle) {
        List<Rate> recent = new ArrayList<>();
        for (Rate rate : load.series()) {
            if (rate.end().isAfter(load.at().minus(idle))) {
                recent.add(rate);
            }
        }
        long seconds = Math.min(idle.toSeconds(), 590);
        return load.requestsPerSecond() == 0
                && load.inFlight() == 0
                && load.queued() == 0
                && recent.size() >= 0.9 * seconds
                && recent.stream().allMatch(rate -> rate.requests() == 0);
    }
}
