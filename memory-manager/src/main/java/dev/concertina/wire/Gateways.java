package dev.concertina.wire;

import java.util.List;

/** Messages of a gateway's control API, {@code docs/protocols.md}. */
public final class Gateways {
    private Gateways() {}

    /**
     * {@code PUT /control/v1/routes}: the whole routing of one deployment, sent again every few seconds; the newest wins, a lower (term,
     * epoch) is refused with 409.
     *
     * @param modelName the name clients use
     * @param maxContext positions, prompt and answer together
     * @param ranks ranks that may take new sequences; empty: requests wait
     */
    public record Routes(
            long term, long epoch, String deployment, String modelName, int maxContext, List<Rank> ranks) {}

    /** {@code DELETE /control/v1/routes}: the deployment is gone; its requests are answered with 404 from now on. */
    public record Gone(long term, String deployment) {}

    /**
     * {@code PUT /control/v1/deployments}: these are all; there may be none. Sent when their routes have been, and again every few seconds;
     * refused with 409 while the gateway lacks the routes of one of them.
     *
     * @param deployments {@code namespace/name} of each deployment that has routes
     */
    public record All(long term, List<String> deployments) {}

    /** {@code GET /control/v1/state}. */
    public record State(List<Deployment> deployments) {}

    /** What the gateway knows of one deployment. */
    public record Deployment(
            String deployment,
            String modelName,
            long term,
            long epoch,
            List<Integer> ranks,
            int inFlight,
            int queued,
            long completed,
            long failed,
            long eventsDropped) {}
}
