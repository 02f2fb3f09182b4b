package dev.concertina.gateway.routing;

/**
 * How many token ids the gateway keeps for requests that wait or run, over all deployments: what bounds its memory, whatever the requests'
 * sizes. Confined to the event loop.
 */
public final class HeldTokens {
    private final long most;
    private long held;

    HeldTokens(long most) {
        this.most = most;
    }

    /** Whether that many more may be kept. */
    boolean fits(long tokens) {
        return held + tokens <= most;
    }

    void take(long tokens) {
        held += tokens;
    }

    void give(long tokens) {
        held -= tokens;
    }
}
