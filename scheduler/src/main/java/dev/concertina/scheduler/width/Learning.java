package dev.concertina.scheduler.width;

import dev.concertina.scheduler.capacity.CapacityModel;
import dev.concertina.scheduler.capacity.Correction;
import dev.concertina.scheduler.capacity.Prediction;
import dev.concertina.scheduler.capacity.Traffic;
import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.load.Slo;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * Corrects the capacity model by what was observed. What ranks were seen to do is a lower bound of what they can, so a higher observation
 * raises the capacity; a lower one lowers it only while requests really wait or miss the objective on busy ranks, twice in a row. The
 * seconds after a change of width teach nothing, and what lowered the capacity is slowly forgotten.
 */
final class Learning {
    /** Learnt factors stay within this factor of the prior. */
    private static final double MOST_FACTOR = 8;

    /** Newest seconds, at least and at most, that a lower bound of the capacity is taken over. */
    private static final int LEAST_SECONDS = 15;

    private static final int MOST_SECONDS = 60;
    private static final double RISE = 0.5;
    private static final double FALL = 0.25;
    private static final double STEP_RATE = 0.1;
    private static final double BUSY_SEQUENCES = 4;
    private static final double BUSY_UTILIZATION = 0.3;
    private static final double BUSY_FACTOR = 2;
    /** Share of the way back to the prior that a lowered capacity goes at each decision: the traffic that lowered it may be gone. */
    private static final double FORGET = 0.001;
    /** An objective that nothing misses: what is asked for is what saturated ranks do. */
    private static final Slo NO_OBJECTIVE = new Slo(Duration.ofDays(1), Duration.ofDays(1), 0);

    private final WidthConfig config;

    Learning(WidthConfig config) {
        this.config = config;
    }

    CapacityModel model(WidthMemory memory) {
        return config.prior().corrected(memory.correction());
    }

    /** Work per second of one saturated rank of that width. */
    static double saturated(CapacityModel model, Outlook outlook, int width) {
        Traffic mix = outlook.traffic(outlook.perRequest());
        double rate = model.predict(mix, Math.max(1, width), NO_OBJECTIVE).requestsPerSecond();
        return rate * outlook.perRequest() / Math.max(1, width);
    }

    /** The memory as of now: a change of width is noted and what was wanted before it is forgotten. */
    WidthMemory observeWidth(WidthMemory memory, int width, Instant now) {
        if (memory.width() == width && memory.widthSince() != null) {
            return memory;
        }
        return new WidthMemory(width, now, memory.correction(), false, List.of());
    }

    /** True when observations are of this width alone: it has been in use for {@code settle} and then for {@code window}. */
    private boolean settled(WidthMemory memory, Instant now, Duration window) {
        Instant since = memory.widthSince();
        return since != null && !since.plus(config.settle()).plus(window).isAfter(now);
    }

    /** True when requests wait, or when those of this width missed the objective on ranks that are not idle. */
    boolean saturated(WidthInput input, WidthMemory memory, Outlook outlook) {
        LoadSnapshot load = input.load();
        return backlog(input)
                || (misses(load, input.slo())
                        && settled(memory, input.now(), load.window())
                        && busy(input, memory, outlook));
    }

    /** Requests wait for a rank, or for their first token longer than the objective. */
    boolean backlog(WidthInput input) {
        int ranks = input.currentWidth() * input.room().instances();
        return input.load().queued() > 2 * ranks || input.load().overdue() > 0;
    }

    private static boolean misses(LoadSnapshot load, Slo slo) {
        return load.attainment().isPresent() && load.attainment().getAsDouble() < slo.attainment();
    }

    /** True when more requests are in service than the model expects at this load: then the ranks are slower than it says. */
    private boolean busy(WidthInput input, WidthMemory memory, Outlook outlook) {
        int width = input.currentWidth();
        Prediction now = now(input, memory, outlook);
        return now.utilization() >= BUSY_UTILIZATION
                && input.load().inFlight() >= BUSY_SEQUENCES * width
                && (Double.isInfinite(now.sequences()) || input.load().inFlight() > BUSY_FACTOR * now.sequences());
    }

    /**
     * True when more requests are in service than ranks at the greatest use allowed would have: whatever the forecast, they have too many.
     * What a change of width found waiting says nothing of the new one.
     */
    boolean crowded(WidthInput input, WidthMemory memory, Outlook outlook) {
        if (!settled(memory, input.now(), Duration.ZERO)) {
            return false;
        }
        int width = Math.max(1, input.currentWidth());
        CapacityModel model = model(memory);
        double most = model.predict(outlook.traffic(0), width, input.slo()).requestsPerSecond();
        double work = config.upUtilization() * most * outlook.perRequest();
        double sequences =
                model.predict(outlook.traffic(work), width, input.slo()).sequences();
        return input.load().inFlight() > sequences * input.room().instances();
    }

    private Prediction now(WidthInput input, WidthMemory memory, Outlook outlook) {
        double level =
                outlook.forecast(Duration.ZERO, 0.5).level() / input.room().instances();
        return model(memory).predict(outlook.traffic(level), Math.max(1, input.currentWidth()), input.slo());
    }

    /** The memory with its correction changed by the input's observations. */
    WidthMemory learn(WidthInput input, WidthMemory memory, Outlook outlook, boolean saturated) {
        Correction correction = memory.correction();
        if (input.currentWidth() > 0 && settled(memory, input.now(), Duration.ZERO)) {
            boolean atLimit = saturated
                    && memory.saturated()
                    && (busy(input, memory, outlook) || input.load().queued() > 0);
            double marginal = learnMarginal(input, memory, outlook, atLimit);
            double fixed = saturated ? correction.fixed() : learnFixed(input, memory, outlook);
            correction = new Correction(fixed, marginal);
        }
        return new WidthMemory(memory.width(), memory.widthSince(), correction, saturated, memory.wanted());
    }

    private double learnMarginal(WidthInput input, WidthMemory memory, Outlook outlook, boolean atLimit) {
        LoadSnapshot load = input.load();
        double prompt = load.meanPromptTokens().orElse(0);
        double generated = load.meanGeneratedTokens().orElse(0);
        double ended = load.generatedTokensPerSecond() + load.completedPerSecond() * prompt;
        double inProportion =
                generated > 0 ? load.generatedTokensPerSecond() * (prompt + generated) / generated : ended;
        int ranks = input.currentWidth() * input.room().instances();
        double least = certainlyDone(load, memory, input.now()) / ranks;
        double most = Math.max(ended, inProportion) / ranks;
        double now = saturated(model(memory), outlook, input.currentWidth());
        double marginal = memory.correction().marginal();
        if (least > now) {
            return Math.max(marginal * now / (now + RISE * (least - now)), 1 / MOST_FACTOR);
        }
        if (atLimit && most < now && most > 0) {
            return Math.min(marginal * now / (now + FALL * (most - now)), MOST_FACTOR);
        }
        return marginal > 1 ? marginal + FORGET * (1 - marginal) : marginal;
    }

    /**
     * Work per second that this width certainly did since it settled: all that came in and left, less the prompts of whatever is still in
     * flight. Over less than {@value #LEAST_SECONDS} s there is no telling: answers that end together would be taken for speed, and what a
     * noisy figure once raised would stay.
     */
    private double certainlyDone(LoadSnapshot load, WidthMemory memory, Instant now) {
        Instant settled = Objects.requireNonNull(memory.widthSince()).plus(config.settle());
        Instant from = settled.isAfter(now.minusSeconds(MOST_SECONDS)) ? settled : now.minusSeconds(MOST_SECONDS);
        double work = -load.inFlight() * load.meanPromptTokens().orElse(0);
        int seconds = 0;
        for (LoadSnapshot.Rate second : load.series()) {
            if (!second.end().minusSeconds(1).isBefore(from)) {
                work += second.promptTokens() + second.generatedTokens();
                seconds++;
            }
        }
        return seconds < LEAST_SECONDS ? 0 : work / seconds;
    }

    /** The time per output token that is seen against the one that the model expects at this load. */
    private double learnFixed(WidthInput input, WidthMemory memory, Outlook outlook) {
        double fixed = memory.correction().fixed();
        if (input.load().tpotP50Ms().isEmpty()
                || !settled(memory, input.now(), input.load().window())) {
            return fixed;
        }
        Prediction now = now(input, memory, outlook);
        double seen = input.load().tpotP50Ms().getAsDouble() / 1e3;
        if (now.utilization() > 0.8 || !(now.tpotSeconds() > 0) || seen <= 0) {
            return fixed;
        }
        return Math.clamp(fixed * Math.pow(seen / now.tpotSeconds(), STEP_RATE), 1 / MOST_FACTOR, MOST_FACTOR);
    }
}
