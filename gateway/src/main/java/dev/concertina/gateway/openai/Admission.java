package dev.concertina.gateway.openai;

import dev.concertina.gateway.routing.Deployment;
import dev.concertina.gateway.routing.RouteTable;
import java.util.Optional;

/**
 * Whether a request is taken now. A gateway that has as much as it can carry says so at once (503) rather than answer everybody late, or die
 * and answer nobody. Confined to the event loop.
 */
final class Admission {
    private final RouteTable routes;
    private final int maxOpen;

    /** @param maxOpen most answers under way at once */
    Admission(RouteTable routes, int maxOpen) {
        this.routes = routes;
        this.maxOpen = maxOpen;
    }

    /** Whether the model's routes may still be on their way, so that the request should wait for them. */
    boolean mayComeYet(CompletionRequest request) {
        return routes.model(request.model()).isEmpty() && !routes.settled();
    }

    /** @throws ApiException 503 when as many answers are under way as this gateway can carry */
    void checkRoom(int open) {
        if (open >= maxOpen) {
            throw ApiException.overloaded(open + " answers are under way");
        }
    }

    /** @throws ApiException 404 for an unknown model, 400 for too many tokens, 503 when no more requests can wait */
    Deployment deployment(CompletionRequest request) {
        if (!routes.everRouted() && !routes.complete()) {
            throw new ApiException(503, "this gateway has just started and knows no models yet; try again", null, null);
        }
        Optional<Deployment> found = routes.model(request.model());
        Deployment deployment = found.orElseThrow(() -> new ApiException(
                404,
                "the model '" + request.model() + "' does not exist; GET /v1/models lists those that do",
                "model",
                "model_not_found"));
        long positions = (long) request.promptIds().length + request.maxTokens();
        if (positions > deployment.maxContext()) {
            throw new ApiException(
                    400,
                    "the model has room for " + deployment.maxContext() + " tokens, but " + positions
                            + " were asked for (" + request.promptIds().length + " in the prompt, "
                            + request.maxTokens() + " in max_tokens)",
                    "max_tokens",
                    "context_length_exceeded");
        }
        if (!deployment.accepts(positions)) {
            throw ApiException.overloaded(deployment.queued() + " requests wait already");
        }
        return deployment;
    }
}
