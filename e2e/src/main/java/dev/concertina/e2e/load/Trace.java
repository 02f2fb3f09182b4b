package dev.concertina.e2e.load;

import java.time.Duration;
import java.util.List;

/**
 * Requests as they came to a service.
 *
 * @param name for people
 * @param requests in order of time, the first at zero
 */
public record Trace(String name, List<Arrival> requests) {
    public Trace {
        requests = List.copyOf(requests);
    }

    /**
     * One request.
     *
     * @param at since the start of the trace
     * @param contextTokens length of its prompt
     * @param generatedTokens length of its answer
     */
    public record Arrival(Duration at, int contextTokens, int generatedTokens) {}

    /** Time from the first request to the last. */
    public Duration length() {
        return requests.isEmpty() ? Duration.ZERO : requests.getLast().at();
    }
}
