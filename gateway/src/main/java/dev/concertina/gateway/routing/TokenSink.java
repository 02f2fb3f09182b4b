package dev.concertina.gateway.routing;

/** Takes what a request yields, on the event loop: each token once and in order, then exactly one end. Nothing comes after the end. */
public interface TokenSink {
    void token(int id);

    void end(Outcome outcome);
}
