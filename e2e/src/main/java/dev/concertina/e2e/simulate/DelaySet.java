package dev.concertina.e2e.simulate;

import dev.concertina.scheduler.simulation.Delays;

/** Which delays the policies have. */
enum DelaySet {
    /** Each what was measured of the system that it belongs to. */
    MEASURED("measured", "each policy with the delays measured of its own kind"),
    /** All the same: what is left is the merit of the decisions. */
    EQUAL("equal", "every policy with Concertina's delays"),
    /** All the same, slow. */
    SLOW("slow", "every policy with the delays of vLLM's elastic EP");

    private final String option;
    private final String title;

    DelaySet(String option, String title) {
        this.option = option;
        this.title = title;
    }

    String option() {
        return option;
    }

    String title() {
        return title;
    }

    Delays of(PolicyName policy) {
        return switch (this) {
            case MEASURED -> policy.measured();
            case EQUAL -> Delays.CONCERTINA;
            case SLOW -> Delays.VLLM_ELASTIC;
        };
    }
}
