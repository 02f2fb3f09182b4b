package dev.concertina.gateway.routing;

import io.opentelemetry.context.Context;
import java.util.OptionalDouble;

/** Told of each step of each request's life, on the event loop; must not block and must not throw. */
public interface RequestObserver {

    /** A request was accepted. */
    void received(RequestFacts request);

    /** Its first token arrived from that rank. */
    void firstToken(RequestFacts request, int rank, double ttftMs);

    /** A token arrived, the first included. */
    void token(RequestFacts request);

    /**
     * It ended.
     *
     * @param ttftMs time to first token, empty without tokens
     * @param tpotMs mean time per output token after the first, empty with fewer than two
     * @param totalMs from acceptance to end
     */
    void finished(
            RequestFacts request,
            Outcome outcome,
            int tokens,
            OptionalDouble ttftMs,
            OptionalDouble tpotMs,
            double totalMs);

    /**
     * What stays the same during a request's life.
     *
     * @param trace the trace that it belongs to, the root when it belongs to none
     */
    record RequestFacts(String id, String deployment, int promptTokens, int maxTokens, Context trace) {}
}
