package dev.concertina.scheduler.width;

import static dev.concertina.scheduler.width.Options.format;

import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.width.Options.Judged;
import dev.concertina.scheduler.width.Options.Shape;
import dev.concertina.scheduler.width.WidthDecision.Candidate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Chooses the width of one deployment: the cheapest whose predicted attainment meets the objective, and whose predicted use stays below the
 * target, at the demand that will not be exceeded with the stated confidence when that width would serve. A backlog widens at once, any other
 * reason after the up window; a narrower width is taken when nothing wider was wanted during the whole down window, and is judged for as long
 * as the way there and back takes, with more confidence: so noisy traffic and slow operations widen the hysteresis by themselves. Stateless
 * and safe for any number of threads.
 */
public final class WidthPolicy {
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
        Outlook outlook = new Outlook(input.load(), config, input.room().imbalance());
        boolean saturated =
                !input.load().missing() && input.currentWidth() > 0 && learning.saturated(input, memory, outlook);
        WidthMemory learnt = input.load().missing() ? memory : learning.learn(input, memory, outlook, saturated);
        Options options = new Options(input, config, outlook, learning.model(learnt));
        return new Judgement(input, learnt, outlook, options, saturated).decide();
    }

    /** One decision in the making. */
    private final class Judgement {
        private final WidthInput input;
        private final LoadSnapshot load;
        private final Shape current;
        private final Outlook outlook;
        private final Options options;
        private final boolean saturated;
        private final boolean backlog;
        private final List<String> reasons = new ArrayList<>();
        private WidthMemory memory;

        private Judgement(WidthInput input, WidthMemory memory, Outlook outlook, Options options, boolean saturated) {
            this.input = input;
            this.load = input.load();
            this.current = new Shape(input.room().instances(), input.currentWidth());
            this.memory = memory;
            this.outlook = outlook;
            this.options = options;
            this.saturated = saturated;
            this.backlog = !load.missing() && current.ranks() > 0 && learning.backlog(input);
        }

        private WidthDecision decide() {
            int most = input.mostWidth(current.instances());
            if (input.leastWidth() > most) {
                reasons.add("at least " + input.leastWidth() + " ranks hold the model and at most " + most
                        + " are allowed by maxWidth and budget; raise these");
                return decision(current, List.of());
            }
            int bounded = current.width() == 0 && input.minWidth() == 0
                    ? 0
                    : Math.clamp(current.width(), input.leastWidth(), most);
            if (bounded != current.width()) {
                reasons.add("width " + current.width() + " is "
                        + (current.width() < bounded
                                ? "below the least width " + input.leastWidth()
                                : "above the greatest width " + most));
                return decision(new Shape(current.instances(), bounded), List.of());
            }
            if (load.missing()) {
                reasons.add("no traffic window arrived lately: width " + current.width()
                        + " is held, because missing data is not zero traffic");
                return decision(current, List.of());
            }
            if (current.ranks() > 0 && !backlog && load.meanGeneratedTokens().isEmpty() && load.inFlight() > 0) {
                reasons.add("no request has ended yet: width " + current.width()
                        + " is held until it is known how long answers are");
                return decision(current, options.candidates(current));
            }
            Shape chosen = current.ranks() == 0 ? fromZero() : fromWidth();
            return decision(chosen, options.candidates(chosen));
        }

        /** The first request is enough: nobody serves it, so nothing is to be waited for. */
        private Shape fromZero() {
            if (load.queued() + load.inFlight() + load.overdue() == 0 && load.requestsPerSecond() == 0) {
                reasons.add("nobody asks: width 0 is held");
                return current;
            }
            reasons.add(format(
                    "%d requests are queued and no rank serves: widening does not wait",
                    Math.max(load.queued(), load.inFlight())));
            return limitStep(options.wider());
        }

        private Shape fromWidth() {
            Shape wanted = wanted();
            Stabilization stabilization = new Stabilization(input, memory, wanted.ranks());
            memory = memory.with(stabilization.wanted());
            Shape chosen = current;
            if (wanted.ranks() > current.ranks()) {
                chosen = limitStep(widened(wanted, stabilization));
            } else if (wanted.ranks() < current.ranks()) {
                chosen = limitStep(narrowed(wanted, stabilization));
            }
            if (!chosen.equals(current)) {
                reasons.add(0, describe(chosen));
            }
            return chosen;
        }

        /** The shape to have without stabilisation. */
        private Shape wanted() {
            if (!options.enough()) {
                Shape wider = options.wider();
                if (wider.ranks() <= current.ranks()) {
                    reasons.add(format(
                            "%.0f%% of width %d are predicted in use and %s",
                            100 * options.judge(current).utilization(),
                            current.width(),
                            current.width() >= input.mostWidth(current.instances())
                                    ? "it is the greatest allowed"
                                    : "none that is allowed takes more"));
                    return current;
                }
                return wider;
            }
            if (saturated || backlog) {
                reasons.add("requests wait or miss the objective, and the forecast says that width " + current.width()
                        + " is enough: held while the model learns");
                return current;
            }
            return options.narrower();
        }

        private Shape widened(Shape wanted, Stabilization stabilization) {
            if (backlog || saturated || learning.crowded(input, memory, outlook)) {
                reasons.add(urgent() + ": widening does not wait");
                return wanted;
            }
            Duration lasting = stabilization.lasting(true);
            if (lasting.compareTo(input.scaleUpStabilization()) < 0) {
                reasons.add(waiting("is wanted", wanted, lasting, input.scaleUpStabilization()));
                return current;
            }
            return wanted;
        }

        private String urgent() {
            if (backlog) {
                return format("%d requests are queued and %d overdue", load.queued(), load.overdue());
            }
            return saturated
                    ? "requests miss the objective on busy ranks"
                    : format(
                            "%d requests are in service, more than at %.0f%% use",
                            load.inFlight(), 100 * config.upUtilization());
        }

        private Shape narrowed(Shape wanted, Stabilization stabilization) {
            Duration lasting = stabilization.lasting(false);
            if (lasting.compareTo(input.scaleDownStabilization()) < 0) {
                reasons.add(waiting("would do", wanted, lasting, input.scaleDownStabilization()));
                return current;
            }
            int most = stabilization.mostLately();
            if (most <= wanted.ranks()) {
                return wanted;
            }
            int width = Math.max(input.leastWidth(), (most + current.instances() - 1) / current.instances());
            return width < current.width() ? new Shape(current.instances(), width) : current;
        }

        private static String waiting(String how, Shape wanted, Duration lasting, Duration window) {
            return format(
                    "width %d %s, for %.1f s of %.1f s so far",
                    wanted.width(), how, lasting.toMillis() / 1e3, window.toMillis() / 1e3);
        }

        private Shape limitStep(Shape shape) {
            int step = input.maxStep();
            int change = shape.width() - current.width();
            if (step == 0 || shape.instances() != current.instances() || Math.abs(change) <= step) {
                return shape;
            }
            reasons.add("width " + shape.width() + " is wanted, at most " + step + " ranks change at once");
            return new Shape(current.instances(), current.width() + Integer.signum(change) * step);
        }

        private String describe(Shape shape) {
            Judged before = options.judge(current);
            Judged after = options.judge(shape);
            return format(
                    "%s from %s to %s: %.0f tokens/s expected at most with %.0f%% confidence when it serves in %.1f s, %.1f%%"
                            + " within the objective then, against %.1f%% with %s",
                    shape.ranks() > current.ranks() ? "widen" : shape.ranks() < current.ranks() ? "narrow" : "change",
                    named(current),
                    named(shape),
                    after.work(),
                    100 * config.confidence(),
                    after.lead().toMillis() / 1e3,
                    100 * after.attainment(),
                    100 * before.attainment(),
                    named(current));
        }

        private static String named(Shape shape) {
            return shape.instances() == 1 ? Integer.toString(shape.width()) : shape.instances() + " x " + shape.width();
        }

        private WidthDecision decision(Shape shape, List<Candidate> candidates) {
            if (reasons.isEmpty()) {
                Judged now = options.judge(current);
                reasons.add(format(
                        "width %s fits: at %.0f tokens/s %.0f%% are in use and %.1f%% within the objective",
                        named(current), now.work(), 100 * now.utilization(), 100 * now.attainment()));
            }
            Duration lead = input.leadTimes().of(current.ranks(), current.ranks() + 1);
            return new WidthDecision(
                    shape.width(),
                    shape.instances(),
                    reasons,
                    candidates,
                    options.forecast(),
                    load.missing() ? 0 : options.backlogAt(lead),
                    Learning.saturated(learning.model(memory), outlook, current.width()),
                    memory,
                    load);
        }
    }
}
