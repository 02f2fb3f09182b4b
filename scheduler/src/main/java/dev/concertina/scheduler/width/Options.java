package dev.concertina.scheduler.width;

import dev.concertina.scheduler.capacity.CapacityModel;
import dev.concertina.scheduler.capacity.Prediction;
import dev.concertina.scheduler.forecast.Forecast;
import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.width.WidthDecision.Candidate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The widths, and numbers of instances, that could be chosen now, each judged against the demand at the time when it would serve: a wider
 * one after its lead time, and a narrower one for as long as it would take to come back from it.
 */
final class Options {
    /** A narrower width is judged with this much of what is left to certainty: 0.8 becomes 0.9. */
    private static final double CAUTION = 0.5;

    /** Dearness of a shape that is as good as the best one, over that one's. */
    private static final double NEARLY = 1.05;

    /** Times the objective for the first token in which what waits should be worked off, where that is long. */
    private static final int PATIENCE = 3;

    /** Share of the objective for the first token that a request may wait, however long its prompt takes. */
    private static final double LEAST_WAIT = 0.1;

    private static final int AROUND = 2;
    private static final int LIST_ALL_UP_TO = 9;

    private final WidthInput input;
    private final WidthConfig config;
    private final Outlook outlook;
    private final CapacityModel model;
    private final Shape current;
    private final double waiting;
    private final double capacityNow;
    private final Bursts bursts;
    private final Duration recovery;
    private final Map<Shape, Judged> judged = new HashMap<>();

    Options(WidthInput input, WidthConfig config, Outlook outlook, CapacityModel model) {
        this.input = input;
        this.config = config;
        this.outlook = outlook;
        this.model = model;
        this.current = new Shape(input.room().instances(), input.currentWidth());
        LoadSnapshot load = input.load();
        int requests = Math.max(load.queued(), load.overdue());
        boolean backlog = requests > 2 * current.ranks() || load.overdue() > 0 || current.ranks() == 0;
        this.waiting = backlog ? requests * outlook.perRequest() : 0;
        this.capacityNow =
                current.ranks() == 0 ? 0 : current.ranks() * Learning.saturated(model, outlook, current.width());
        Duration patience = input.slo().ttft().multipliedBy(PATIENCE);
        this.recovery = config.recovery().compareTo(patience) > 0 ? config.recovery() : patience;
        this.bursts = outlook.bursts(mostWait());
    }

    /** Seconds that a request may wait: what the objective leaves when its own prompt has been computed. */
    private double mostWait() {
        double ttft = input.slo().ttftMs() / 1e3;
        double rank = Learning.saturated(model, outlook, Math.max(1, current.width()));
        double prompt = rank > 0 ? outlook.traffic(0).promptTokens() / rank : 0;
        return Math.max(LEAST_WAIT * ttft, ttft - prompt);
    }

    /** A number of instances and the width of each. */
    record Shape(int instances, int width) {
        int ranks() {
            return instances * width;
        }
    }

    /** A shape and what is predicted of it. */
    record Judged(Shape shape, double work, Duration lead, double utilization, double attainment) {}

    Judged judge(Shape shape) {
        return judged.computeIfAbsent(shape, this::make);
    }

    private Judged make(Shape shape) {
        boolean narrower = shape.ranks() < current.ranks();
        Duration lead = input.leadTimes().of(current.ranks(), shape.ranks());
        if (shape.ranks() == 0) {
            double none = outlook.nobodyFor(input.room().idleBeforeZero()) ? 1 : 0;
            return new Judged(shape, 0, lead, 0, none);
        }
        double confidence = narrower ? 1 - (1 - config.confidence()) * CAUTION : config.confidence();
        Forecast forecast = outlook.forecast(horizon(shape, lead), confidence);
        double work = forecast.high() + backlogAt(lead) / config.recovery().toMillis() * 1e3;
        Prediction prediction = predict(shape, work);
        if (!bursts.known() || prediction.boundByTokens() || !outlook.mostlyPrompts()) {
            return new Judged(shape, work, lead, prediction.utilization(), prediction.attainment());
        }
        // what comes in bursts waits, and is judged by how long; only what lasts must be kept up with
        double lasting = Math.min(forecast.high(), outlook.lasting())
                + left(outlook.lasting(), lead) / recovery.toMillis() * 1e3;
        Prediction kept = predict(shape, lasting);
        double capacity = kept.saturatedRequestsPerSecond() * outlook.perRequest() * shape.instances();
        double inTime = bursts.inTime(config.upUtilization() * capacity);
        return new Judged(shape, lasting, lead, kept.utilization(), kept.attainment() * inTime);
    }

    private Prediction predict(Shape shape, double work) {
        return model.predict(outlook.traffic(work / shape.instances()), shape.width(), input.slo());
    }

    /** From when on the shape must do: a wider one as soon as it serves, what is in use until a wider one could, a narrower one until back. */
    private Duration horizon(Shape shape, Duration lead) {
        if (shape.ranks() > current.ranks()) {
            return lead;
        }
        int wider = shape.ranks() == current.ranks() ? current.ranks() + 1 : current.ranks();
        return lead.plus(input.leadTimes().of(shape.ranks(), wider));
    }

    /** Work that waits when a change that begins now is through: what waits now, and what comes meanwhile and is too much. */
    double backlogAt(Duration lead) {
        double level = outlook.forecast(Duration.ZERO, 0.5).level();
        double growing = Math.max(0, level - capacityNow) * lead.toMillis() / 1e3;
        return current.ranks() == 0 || waiting > 0 ? waiting + growing : growing;
    }

    /** The same when the demand is steady: ranks that have capacity to spare work off what waits meanwhile. */
    private double left(double demand, Duration lead) {
        return Math.max(0, waiting + (demand - capacityNow) * lead.toMillis() / 1e3);
    }

    Forecast forecast() {
        return outlook.forecast(input.leadTimes().of(current.ranks(), current.ranks() + 1), config.confidence());
    }

    private double wishedAttainment() {
        double target = input.slo().attainment();
        return target + (1 - target) / 2;
    }

    /** What is in use will do. */
    boolean enough() {
        Judged now = judge(current);
        return current.ranks() > 0
                && now.utilization <= config.upUtilization()
                && now.attainment >= input.slo().attainment();
    }

    /** A wider shape would do, with something to spare. */
    boolean goodEnough(Shape shape) {
        Judged then = judge(shape);
        return then.utilization <= config.targetUtilization() && then.attainment >= wishedAttainment();
    }

    /** A narrower shape would do, with more to spare. */
    boolean narrowEnough(Shape shape) {
        Judged then = judge(shape);
        return then.utilization <= config.downUtilization() && then.attainment >= wishedAttainment();
    }

    /** The cheapest shape with more ranks than now that would do; else the cheapest of those that take about the most. */
    Shape wider() {
        return cheapest(current.ranks() + 1, Integer.MAX_VALUE, this::goodEnough)
                .orElseGet(this::strongest);
    }

    /**
     * Of what is in use and all that is wider, the best one, or a cheaper one nearly as good:
     * where ranks beyond a node slow all others down, the largest is not the strongest, or hardly and dear.
     */
    private Shape strongest() {
        List<Shape> allowed = new ArrayList<>(List.of(current));
        for (int instances = 1; instances <= input.room().mostInstances(); instances++) {
            for (int width = input.leastWidth(); width <= input.mostWidth(instances); width++) {
                Shape shape = new Shape(instances, width);
                if (shape.ranks() > current.ranks()) {
                    allowed.add(shape);
                }
            }
        }
        double least = allowed.stream().mapToDouble(this::dearness).min().orElseThrow();
        return allowed.stream()
                .filter(shape -> dearness(shape) <= NEARLY * least)
                .min(Comparator.comparingInt(Shape::ranks))
                .orElse(current);
    }

    /**
     * Use; where prompts come in bursts, which are soon over, ranks times the square of it: half as much when twice the ranks halve the use,
     * the same when they lower it by a factor of 1.4, and more when they lower it less.
     */
    private double dearness(Shape shape) {
        double use = judge(shape).utilization();
        return !bursts.known() || !outlook.mostlyPrompts() || Double.isInfinite(use) ? use : shape.ranks() * use * use;
    }

    /** The cheapest shape with fewer ranks than now that would do; what is in use when none does. */
    Shape narrower() {
        Shape none = new Shape(current.instances(), 0);
        if (input.minWidth() == 0 && judge(none).attainment() == 1) {
            return none;
        }
        return cheapest(1, current.ranks() - 1, this::narrowEnough).orElse(current);
    }

    /**
     * For each number of instances the least width that would do; of these the one with the fewest ranks. Each width is looked at: a width
     * that goes beyond a node may take less than a narrower one that does not.
     */
    private Optional<Shape> cheapest(int leastRanks, int mostRanks, Predicate<Shape> good) {
        List<Shape> found = new ArrayList<>();
        for (int instances = 1; instances <= input.room().mostInstances(); instances++) {
            int low = Math.max(input.leastWidth(), (leastRanks + instances - 1) / instances);
            int high = Math.min(input.mostWidth(instances), mostRanks / instances);
            for (int width = low; width <= high; width++) {
                Shape shape = new Shape(instances, width);
                if (good.test(shape)) {
                    found.add(shape);
                    break;
                }
            }
        }
        return found.stream()
                .min(Comparator.comparingInt(Shape::ranks)
                        .thenComparing(shape -> shape.instances() != current.instances())
                        .thenComparing(shape -> -judge(shape).attainment()));
    }

    /** All that were, or could have been, considered near the choice, cheapest first. */
    List<Candidate> candidates(Shape chosen) {
        List<Candidate> candidates = new ArrayList<>();
        for (int instances = 1; instances <= input.room().mostInstances(); instances++) {
            int low = input.minWidth() == 0 && instances == 1 ? 0 : input.leastWidth();
            int high = input.mostWidth(instances);
            if (high - low >= LIST_ALL_UP_TO) {
                low = Math.max(low, Math.min(current.width(), chosen.width()) - AROUND);
                high = Math.min(high, Math.max(current.width(), chosen.width()) + AROUND);
            }
            for (int width = low; width <= high; width++) {
                Judged judged = judge(new Shape(instances, width));
                candidates.add(new Candidate(
                        width,
                        instances,
                        judged.work(),
                        judged.attainment(),
                        judged.utilization(),
                        judged.shape().ranks() * input.room().acceleratorsPerRank(),
                        judged.lead(),
                        verdict(judged, chosen)));
            }
        }
        candidates.sort(Comparator.comparingInt(Candidate::cost).thenComparingInt(Candidate::instances));
        return candidates;
    }

    private String verdict(Judged judged, Shape chosen) {
        Shape shape = judged.shape();
        if (shape.equals(chosen)) {
            return "chosen";
        }
        if (shape.ranks() == 0) {
            return judged.attainment() == 1 ? "enough, but not for long enough yet" : "requests came lately";
        }
        boolean wider = shape.ranks() > current.ranks();
        double most = wider
                ? config.targetUtilization()
                : shape.equals(current) ? config.upUtilization() : config.downUtilization();
        if (judged.utilization() > most) {
            return format(
                    "too small: %.0f%% in use, at most %.0f%%",
                    100 * Math.min(99.99, judged.utilization()), 100 * most);
        }
        double least = shape.equals(current) ? input.slo().attainment() : wishedAttainment();
        if (judged.attainment() < least) {
            return format(
                    "too small: %.1f%% within the objective, at least %.1f%%", 100 * judged.attainment(), 100 * least);
        }
        if (shape.ranks() == chosen.ranks()) {
            return "as dear, and another number of instances";
        }
        return shape.ranks() > chosen.ranks() ? "dearer than needed" : "enough, but not for long enough yet";
    }

    static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
