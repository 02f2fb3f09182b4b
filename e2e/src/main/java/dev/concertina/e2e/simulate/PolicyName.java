package dev.concertina.e2e.simulate;

import dev.concertina.scheduler.simulation.Delays;

/** The policies there are, and the delays that each has where changes of width take what they take today. */
enum PolicyName {
    STATIC("static", Delays.COLD_REPLICA),
    HPA("hpa", Delays.COLD_REPLICA),
    KEDA("keda", Delays.COLD_REPLICA),
    PLANNER("planner", Delays.VLLM_ELASTIC),
    CONCERTINA("concertina", Delays.CONCERTINA);

    private final String option;
    private final Delays measured;

    PolicyName(String option, Delays measured) {
        this.option = option;
        this.measured = measured;
    }

    /** As it is asked for. */
    String option() {
        return option;
    }

    Delays measured() {
        return measured;
    }
}
