package dev.concertina.scheduler.width;

import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.load.Slo;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Corrects the capacity model by what was observed. What ranks were seen to do is a lower bound of what they can, so a higher observation
 * raises the capacity; a lower one lowers it only while requests really wait or miss the objective on busy ranks, twice in a row. The
 * seconds after a change of width teach nothing, and what lowered the capacity is slowly forgotten.
 */
final class Learning {
    /** Learnt values stay within this factor of the prior. */
    private static final double MOST_FACTOR = 8;

    private static final double RISE = 0.5;
    private static final double FALL = 0.25;
    private static final double STEP_RATE = 0.1;
    private static final double BUSY_SEQUENCES = 4;
    private static final double BUSY_UTILIZATION = 0.3;
    private static final double BUSY_FACTOR = 2;
    /** Share of the way back to the prior that a lowered capacity goes at each decision: the traffic that lowered it may be gone. */
    private static final double FORGET = 0.001;

    private final WidthConfig config;

    Learning(WidthConfig config) {
        this.config = config;
    }

    double capacity(WidthMemory memory) {
        return memory.tokensPerSecond().orElse(config.priorTokensPerSecond());
    }

    double stepSeconds(WidthMemory memory) {
        return memory.stepSeconds().orElse(config.priorStep().toNanos() / 1e9);
    }

    /** The memory as of now: a change of width is noted and what was wanted before it is forgotten. */
    WidthMemory observeWidth(WidthMemory memory, int width, Instant now) {
        if (memory.width() == width && memory.widthSince() != null) {
            return memory;
        }
        return new WidthMemory(width, now, memory.tokensPerSecond(), memory.stepSeconds(), false, List.of());
    }

    /** True when observations are of this width alone: it has been in use for {@code settle} and then for {@code window}. */
    boolean settled(WidthMemory memory, Instant now, Duration window) {
        Instant since = memory.widthSince();
        return since != null && !since.plus(config.settle()).plus(window).isAfter(now);
    }

    /**
     * True when requests wait, or when those of this width missed the objective on ranks that are not idle.
     */
    boolean saturated(WidthInput input, WidthMemory memory, Demand demand) {
        LoadSnapshot load = input.load();
        return backlog(input)
                || (misses(load, input.slo())
                        && settled(memory, input.now(), load.window())
                        && busy(input, memory, demand));
    }

    /** Requests wait for a rank, or for their first token longer than the objective. */
    boolean backlog(WidthInput input) {
        return input.load().queued() > 2 * input.currentWidth() || input.load().overdue() > 0;
    }

    private static boolean misses(LoadSnapshot load, Slo slo) {
        return load.attainment().isPresent() && load.attainment().getAsDouble() < slo.attainment();
    }

    /**
     * True when more requests are in service than the model expects at this use: then the ranks are slower than it says. Expected, from the
     * mean of the model's queue: (generated x step + use) / (1 - use), taken for each rank by itself.
     */
    private boolean busy(WidthInput input, WidthMemory memory, Demand demand) {
        int width = input.currentWidth();
        double use = demand.level() / (width * capacity(memory));
        if (use < BUSY_UTILIZATION || input.load().inFlight() < BUSY_SEQUENCES * width) {
            return false;
        }
        double steps = demand.generatedShare() * demand.level() * stepSeconds(memory);
        double expected = use < 1 ? (steps + width * use) / (1 - use) : 0;
        return input.load().inFlight() > BUSY_FACTOR * expected;
    }

    /** The memory with capacity and step corrected by the input's observations. */
    WidthMemory learn(WidthInput input, WidthMemory memory, Demand demand, boolean saturated) {
        boolean twice = saturated && memory.saturated();
        OptionalDouble tokens = memory.tokensPerSecond();
        OptionalDouble step = memory.stepSeconds();
        if (settled(memory, input.now(), Duration.ZERO)) {
            tokens = learnTokens(
                    input,
                    memory,
                    demand,
                    twice && (busy(input, memory, demand) || input.load().queued() > 0));
            step = saturated ? step : learnStep(input, memory, demand);
        }
        return new WidthMemory(memory.width(), memory.widthSince(), tokens, step, saturated, memory.wanted());
    }

    private OptionalDouble learnTokens(WidthInput input, WidthMemory memory, Demand demand, boolean atLimit) {
        LoadSnapshot load = input.load();
        double ended = load.generatedTokensPerSecond()
                + config.prefillWeight()
                        * load.completedPerSecond()
                        * load.meanPromptTokens().orElse(0);
        double inProportion = load.generatedTokensPerSecond() / demand.generatedShare();
        double least = Math.min(ended, inProportion) / input.currentWidth();
        double most = Math.max(ended, inProportion) / input.currentWidth();
        double now = capacity(memory);
        double prior = config.priorTokensPerSecond();
        if (least > now) {
            return OptionalDouble.of(Math.min(now + RISE * (least - now), prior * MOST_FACTOR));
        }
        if (atLimit && most < now && most > 0) {
            return OptionalDouble.of(Math.max(now + FALL * (most - now), prior / MOST_FACTOR));
        }
        return now < prior ? OptionalDouble.of(now + FORGET * (prior - now)) : memory.tokensPerSecond();
    }

    /** The time per output token at use u is step / (1 - u), so the step is that time less its share. */
    private OptionalDouble learnStep(WidthInput input, WidthMemory memory, Demand demand) {
        OptionalDouble tpot = input.load().tpotP50Ms();
        double use = demand.level() / (input.currentWidth() * capacity(memory));
        if (tpot.isEmpty()
                || use > 0.8
                || !settled(memory, input.now(), input.load().window())) {
            return memory.stepSeconds();
        }
        double prior = config.priorStep().toNanos() / 1e9;
        double observed = Math.clamp(tpot.getAsDouble() / 1e3 * (1 - use), prior / MOST_FACTOR, prior * MOST_FACTOR);
        double now = stepSeconds(memory);
        return OptionalDouble.of(now + STEP_RATE * (observed - now));
    }
}
