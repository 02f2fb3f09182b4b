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

    /** Use of a shape that is as good as the least used one, over that one's. */
    private static final double NEARLY = 1.05;

    private static final int AROUND = 2;
    private static final int LIST_ALL_UP_TO = 9;

    private final WidthInput input;
    private final WidthConfig config;
    private final Outlook outlook;
    private final CapacityModel model;
    private final Shape current;
    private final double waiting;
    private final double capacityNow;
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
        Prediction prediction = model.predict(outlook.traffic(work / shape.instances()), shape.width(), input.slo());
        return new Judged(shape, work, lead, prediction.utilization(), prediction.attainment());
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
     * Of what is in use and all that is wider, the shape with the least use, or a cheaper one nearly as little used: where ranks beyond a
     * node slow all others down, the largest is not the strongest.
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
        double least = allowed.stream()
                .mapToDouble(shape -> judge(shape).utilization())
                .min()
                .orElseThrow();
        return allowed.stream()
                .filter(shape -> judge(shape).utilization() <= NEARLY * least)
                .min(Comparator.comparingInt(Shape::ranks))
                .orElse(current);
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
