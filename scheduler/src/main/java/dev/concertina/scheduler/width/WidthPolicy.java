package dev.concertina.scheduler.width;

import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.width.WidthDecision.Candidate;
import dev.concertina.scheduler.width.WidthDecision.Forecast;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Chooses the width of one deployment: the cheapest whose predicted attainment meets the objective with a margin and whose predicted use
 * stays below the target. A backlog widens at once, any other reason after the up window; a narrower width is taken when nothing wider was
 * wanted during the whole down window. The demand is judged with one standard error for widening and with more for narrowing, so noisy
 * traffic widens its own hysteresis. Stateless and safe for any number of threads.
 */
public final class WidthPolicy {
    private static final double NARROWING_ERRORS = 1;
    private static final int MOST_WANTED = 512;
    private static final int CANDIDATES_AROUND = 2;
    private static final int LIST_ALL_UP_TO = 16;

    private final WidthConfig config;
    private final Learning learning;

    public WidthPolicy(WidthConfig config) {
        this.config = config;
        this.learning = new Learning(config);
    }

    /** The width that the deployment should have. */
    public WidthDecision decide(WidthInput input) {
        WidthMemory memory = learning.observeWidth(input.memory(), input.currentWidth(), input.now());
        if (input.load().missing()) {
            memory = memory.withoutWanted();
        }
        Judgement judgement = new Judgement(input, memory);
        int current = input.currentWidth();
        int bounded = Math.clamp(current, input.minWidth(), input.maxWidth());
        if (bounded != current) {
            String bound = current < bounded
                    ? "below the least width " + input.minWidth()
                    : "above the greatest width " + input.maxWidth();
            return judgement.decision(bounded, List.of("width " + current + " is " + bound), List.of());
        }
        if (input.load().missing()) {
            String reason = "no traffic window arrived lately: width " + current
                    + " is held, because missing data is not zero traffic";
            return judgement.decision(current, List.of(reason), List.of());
        }
        return judgement.decide();
    }

    /** One decision in the making. */
    private final class Judgement {
        private final WidthInput input;
        private final LoadSnapshot load;
        private final int current;
        private final Demand demand;
        private final boolean backlog;
        private final double backlogWork;
        private final List<String> reasons = new ArrayList<>();
        private WidthMemory memory;
        private RankModel model;

        private Judgement(WidthInput input, WidthMemory memory) {
            this.input = input;
            this.load = input.load();
            this.current = input.currentWidth();
            this.memory = memory;
            this.demand = Demand.of(load, config.prefillWeight());
            this.backlog = !load.missing() && current > 0 && learning.backlog(input);
            double drainSeconds = Math.max(1, config.leadTime().toNanos() / 1e9);
            this.backlogWork = backlog ? (load.queued() + load.overdue()) * demand.workPerRequest() / drainSeconds : 0;
            this.model = model();
        }

        private RankModel model() {
            double capacity = learning.capacity(memory);
            double prefill = config.prefillWeight() * load.meanPromptTokens().orElse(0) / capacity;
            return new RankModel(capacity, learning.stepSeconds(memory), demand.generatedShare(), prefill);
        }

        private double work(double standardErrors) {
            double ahead = demand.ahead(config.leadTime().toNanos() / 1e9);
            return Math.max(0, ahead + standardErrors * demand.standardError() + backlogWork);
        }

        private WidthDecision decide() {
            boolean saturated = learning.saturated(input, memory, demand);
            memory = learning.learn(input, memory, demand, saturated);
            model = model();
            int wanted = wanted(saturated);
            rememberWanted(wanted);
            int width = limitStep(stabilised(wanted, saturated));
            if (width != current) {
                reasons.add(0, describe(width));
            }
            return decision(width, reasons, candidates(width));
        }

        /** The width to have without stabilisation. */
        private int wanted(boolean saturated) {
            double upWork = work(config.burstZ());
            boolean enough = model.utilization(upWork, current) <= config.upUtilization()
                    && model.attainment(upWork, current, input.slo())
                            >= input.slo().attainment();
            if (!enough) {
                int wider = current;
                while (wider < input.maxWidth() && (wider == current || !goodEnough(upWork, wider))) {
                    wider++;
                }
                if (wider == current) {
                    reasons.add(format(
                            "%.0f%% of width %d are predicted in use and it is the greatest allowed",
                            100 * model.utilization(upWork, current), current));
                }
                return wider;
            }
            if (saturated || backlog) {
                reasons.add("requests wait or miss the objective, and the forecast says that width " + current
                        + " is enough: held while the model learns");
                return current;
            }
            double downWork = work(config.burstZ() + NARROWING_ERRORS);
            int narrower = current;
            while (narrower > input.minWidth() && narrowEnough(downWork, narrower - 1)) {
                narrower--;
            }
            return narrower;
        }

        private double wishedAttainment() {
            double target = input.slo().attainment();
            return target + (1 - target) / 2;
        }

        private boolean goodEnough(double work, int width) {
            return model.utilization(work, width) <= config.targetUtilization()
                    && model.attainment(work, width, input.slo()) >= wishedAttainment();
        }

        private boolean narrowEnough(double work, int width) {
            return model.utilization(work, width) <= config.downUtilization()
                    && model.attainment(work, width, input.slo()) >= wishedAttainment();
        }

        private void rememberWanted(int wanted) {
            Duration longest = input.scaleUpStabilization().compareTo(input.scaleDownStabilization()) > 0
                    ? input.scaleUpStabilization()
                    : input.scaleDownStabilization();
            Instant oldest = input.now().minus(longest).minus(config.leadTime());
            List<WidthMemory.Wanted> kept = new ArrayList<>();
            for (WidthMemory.Wanted earlier : memory.wanted()) {
                if (!earlier.at().isBefore(oldest)) {
                    kept.add(earlier);
                }
            }
            kept.add(new WidthMemory.Wanted(input.now(), wanted));
            int from = Math.max(0, kept.size() - MOST_WANTED);
            memory = new WidthMemory(
                    memory.width(),
                    memory.widthSince(),
                    memory.tokensPerSecond(),
                    memory.stepSeconds(),
                    memory.saturated(),
                    kept.subList(from, kept.size()));
        }

        private int stabilised(int wanted, boolean saturated) {
            if (wanted == current) {
                return current;
            }
            if (wanted > current) {
                return widened(wanted, saturated);
            }
            return narrowed(wanted);
        }

        private int widened(int wanted, boolean saturated) {
            if (backlog || saturated) {
                reasons.add(
                        backlog
                                ? format(
                                        "%d requests are queued and %d overdue: widening does not wait",
                                        load.queued(), load.overdue())
                                : "requests miss the objective on busy ranks: widening does not wait");
                return wanted;
            }
            Instant since = since(true);
            if (since.plus(input.scaleUpStabilization()).isAfter(input.now())) {
                reasons.add("width " + wanted + " is wanted, for " + seconds(since) + " of "
                        + input.scaleUpStabilization().toMillis() / 1e3 + " s so far");
                return current;
            }
            return wanted;
        }

        private int narrowed(int wanted) {
            Instant since = since(false);
            if (since.plus(input.scaleDownStabilization()).isAfter(input.now())) {
                reasons.add("width " + wanted + " would do, for " + seconds(since) + " of "
                        + input.scaleDownStabilization().toMillis() / 1e3 + " s so far");
                return current;
            }
            Instant laterHalf = input.now().minus(input.scaleDownStabilization().dividedBy(2));
            int most = wanted;
            for (WidthMemory.Wanted earlier : memory.wanted()) {
                if (!earlier.at().isBefore(laterHalf)) {
                    most = Math.max(most, earlier.width());
                }
            }
            return most;
        }

        /** Since when a wider (or narrower) width has been wanted without a break. */
        private Instant since(boolean wider) {
            Instant since = input.now();
            for (int i = memory.wanted().size() - 1; i >= 0; i--) {
                WidthMemory.Wanted earlier = memory.wanted().get(i);
                if (wider ? earlier.width() <= current : earlier.width() >= current) {
                    break;
                }
                since = earlier.at();
            }
            return since;
        }

        private String seconds(Instant since) {
            return format("%.1f s", Duration.between(since, input.now()).toNanos() / 1e9);
        }

        private int limitStep(int width) {
            int step = input.maxStep();
            if (step == 0 || Math.abs(width - current) <= step) {
                return width;
            }
            reasons.add("width " + width + " is wanted, at most " + step + " ranks change at once");
            return current + Integer.signum(width - current) * step;
        }

        private String describe(int width) {
            double work = work(width > current ? config.burstZ() : config.burstZ() + NARROWING_ERRORS);
            return format(
                    "%s from %d to %d: %.0f tokens/s forecast against %.0f per rank uses %.0f%% of width %d and %.0f%% of width %d",
                    width > current ? "widen" : "narrow",
                    current,
                    width,
                    work,
                    model.capacity(),
                    100 * model.utilization(work, current),
                    current,
                    100 * model.utilization(work, width),
                    width);
        }

        private List<Candidate> candidates(int chosen) {
            int low = Math.min(current, chosen) - CANDIDATES_AROUND;
            int high = Math.max(current, chosen) + CANDIDATES_AROUND;
            if (input.maxWidth() - input.minWidth() < LIST_ALL_UP_TO) {
                low = input.minWidth();
                high = input.maxWidth();
            }
            List<Candidate> candidates = new ArrayList<>();
            for (int width = Math.max(low, input.minWidth()); width <= Math.min(high, input.maxWidth()); width++) {
                double work = work(width < current ? config.burstZ() + NARROWING_ERRORS : config.burstZ());
                double use = model.utilization(work, width);
                double attainment = model.attainment(work, width, input.slo());
                candidates.add(new Candidate(width, attainment, use, verdict(width, chosen, use, attainment)));
            }
            return candidates;
        }

        private String verdict(int width, int chosen, double use, double attainment) {
            if (width == chosen) {
                return "chosen";
            }
            double most = width > current
                    ? config.targetUtilization()
                    : width == current ? config.upUtilization() : config.downUtilization();
            if (use > most) {
                return format("too small: %.0f%% in use, at most %.0f%%", 100 * use, 100 * most);
            }
            double least = width == current ? input.slo().attainment() : wishedAttainment();
            if (attainment < least) {
                return format("too small: %.1f%% within the objective, at least %.1f%%", 100 * attainment, 100 * least);
            }
            return width > chosen ? "dearer than needed" : "enough, but not for long enough yet";
        }

        private WidthDecision decision(int width, List<String> why, List<Candidate> candidates) {
            List<String> all = new ArrayList<>(why);
            if (all.isEmpty()) {
                double work = work(config.burstZ());
                all.add(format(
                        "width %d fits: %.0f tokens/s forecast against %.0f per rank use %.0f%%",
                        current, work, model.capacity(), 100 * model.utilization(work, Math.max(1, current))));
            }
            Forecast forecast = new Forecast(
                    work(config.burstZ()),
                    demand.level(),
                    demand.trend(),
                    config.burstZ() * demand.standardError(),
                    backlogWork);
            return new WidthDecision(width, all, candidates, forecast, model.capacity(), memory, load);
        }
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
