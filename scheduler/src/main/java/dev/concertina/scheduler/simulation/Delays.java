package dev.concertina.scheduler.simulation;

import java.time.Duration;

/**
 * How long a change of width takes. Accelerators are paid from the decision to add them until they have been given back.
 *
 * @param name for people
 * @param up from the decision until new ranks serve
 * @param down from the decision until leaving ranks are free
 * @param pause during which nobody serves when a change takes effect
 * @param overlapping whether another change may begin before one has ended
 */
public record Delays(String name, Duration up, Duration down, Duration pause, boolean overlapping) {
    /** Medians of the operations in docs/results.md, simulated accelerators; the pause is the longest gap between tokens there. */
    public static final Delays CONCERTINA = new Delays(
            "Concertina", Duration.ofMillis(12_400), Duration.ofMillis(2_300), Duration.ofMillis(790), false);

    /** Elastic expert parallelism of vLLM with graphs used again, DeepSeek-V4-class model on GB200. */
    public static final Delays VLLM_ELASTIC = new Delays(
            "vLLM elastic EP", Duration.ofSeconds(92), Duration.ofMillis(9_300), Duration.ofMillis(820), false);

    /** One more replica, started cold; the others go on. */
    public static final Delays COLD_REPLICA =
            new Delays("cold start", Duration.ofSeconds(197), Duration.ofSeconds(1), Duration.ZERO, true);

    public Delays {
        if (up.isNegative() || down.isNegative() || pause.isNegative()) {
            throw new IllegalArgumentException("delays must not be negative");
        }
    }

    static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
