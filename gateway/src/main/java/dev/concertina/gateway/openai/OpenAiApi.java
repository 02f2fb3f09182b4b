package dev.concertina.gateway.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.gateway.routing.Deployment;
import dev.concertina.gateway.routing.RouteTable;
import dev.concertina.observe.Tracing;
import dev.concertina.wire.Json;
import io.opentelemetry.context.Scope;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP side: {@code POST /v1/completions}, {@code GET /v1/models}, {@code GET /healthz}. Confined to the event loop, except where said.
 */
public final class OpenAiApi {
    private static final System.Logger LOG = System.getLogger(OpenAiApi.class.getName());
    /** Heap for one answer under way, as measured with some to spare, so that memory never decides. */
    private static final int HEAP_BYTES_PER_ANSWER = 48 * 1024;

    private static final int HEAP_PARTS_FOR_BODIES = 8;
    /** Complete answers with a key may take a sixteenth of the heap at 4 bytes a token. */
    private static final int HEAP_BYTES_PER_KEPT_TOKEN = 64;

    private enum Phase {
        SERVING,
        /** New requests are taken, but each connection ends with its answer. */
        LEAVING,
        REFUSING
    }

    private final RouteTable routes;
    private final Clock clock;
    private final Completions completions;
    private final BodyReader bodies;
    private final Connections connections;
    private Phase phase = Phase.SERVING;

    /**
     * Bounds come from the size of the heap.
     *
     * @param ids a new unique id with each call
     */
    public OpenAiApi(Vertx vertx, RouteTable routes, Clock clock, Supplier<String> ids) {
        this.routes = routes;
        this.clock = clock;
        long heap = Runtime.getRuntime().maxMemory();
        int maxOpen = (int) Math.min(1 << 20, heap / HEAP_BYTES_PER_ANSWER);
        Admission admission = new Admission(routes, maxOpen);
        this.connections = new Connections(2 * maxOpen, System::nanoTime);
        KeyedAnswers keyed = new KeyedAnswers(heap / HEAP_BYTES_PER_KEPT_TOKEN, System::nanoTime);
        this.completions = new Completions(vertx, admission, keyed, clock, ids);
        this.bodies = new BodyReader(vertx, heap / HEAP_PARTS_FOR_BODIES);
    }

    public Router router(Vertx vertx) {
        Router router = Router.router(vertx);
        router.route().handler(connections::count);
        router.get("/healthz").handler(this::health);
        router.get("/v1/models").handler(this::models);
        router.post("/v1/completions").handler(this::complete);
        for (int status : List.of(400, 404, 405, 500)) {
            router.errorHandler(status, context -> answerError(context, status));
        }
        return router;
    }

    /** The connections that requests come over. */
    public Connections connections() {
        return connections;
    }

    /** Not ready any more: nobody should send new requests, but who does is served. */
    public void leave() {
        phase = Phase.LEAVING;
        connections.leave();
    }

    /** No new requests from now on; those under way go on. */
    public void refuse() {
        phase = Phase.REFUSING;
    }

    /** Answers not ended yet. */
    public int openAnswers() {
        return completions.open();
    }

    /** Once a second. */
    public void tick() {
        completions.tick();
        connections.closeIdle();
    }

    /**
     * Ready: a request would be served, wait in the queue, or rightly hear that there is no such model. Before the operator's first word none of
     * that is so, however long it takes: then others go on.
     */
    private void health(RoutingContext context) {
        boolean told = routes.everRouted() || routes.complete();
        boolean ready = phase == Phase.SERVING && told;
        String word = phase != Phase.SERVING ? "draining" : told ? "ok" : "starting";
        answer(
                context.response().setStatusCode(ready ? 200 : 503),
                Json.mapper().createObjectNode().put("status", word));
    }

    private void models(RoutingContext context) {
        ObjectNode list = Json.mapper().createObjectNode().put("object", "list");
        ArrayNode data = list.putArray("data");
        for (Deployment deployment : routes.deployments()) {
            data.addObject()
                    .put("id", deployment.modelName())
                    .put("object", "model")
                    .put("created", nowSeconds())
                    .put("owned_by", "concertina")
                    .put("max_model_len", deployment.maxContext());
        }
        answer(context.response(), list);
    }

    private void complete(RoutingContext context) {
        HttpServerRequest request = context.request();
        HttpServerResponse response = context.response();
        if (phase != Phase.SERVING) {
            response.putHeader("Connection", "close");
            context.addEndHandler(ended -> request.connection().close());
        }
        bodies.read(
                request,
                body -> answering(context, () -> {
                    if (phase == Phase.REFUSING) {
                        throw new ApiException(
                                503, "this gateway is shutting down; send the request again", null, null);
                    }
                    CompletionRequest wanted = CompletionRequestReader.read(body);
                    try (Scope trace = Tracing.from(request::getHeader).makeCurrent()) {
                        completions.complete(wanted, Retry.of(request.headers(), wanted), response);
                    }
                }),
                refusal -> CompletionExchange.refuse(response, refusal.status(), refusal.body()));
    }

    private static void answering(RoutingContext context, Runnable work) {
        try {
            work.run();
        } catch (ApiException refusal) {
            CompletionExchange.refuse(context.response(), refusal.status(), refusal.body());
        } catch (RuntimeException e) {
            context.fail(500, e);
        }
    }

    private static void answerError(RoutingContext context, int status) {
        Throwable failure = context.failure();
        if (status == 500) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "event=request_failed path=" + context.request().path(),
                    failure);
        }
        if (context.response().headWritten() || context.response().ended()) {
            context.request().connection().close();
            return;
        }
        String message = switch (status) {
            case 404 ->
                "no such path: " + context.request().method() + " "
                        + context.request().path();
            case 405 -> "this path does not take " + context.request().method();
            case 500 -> "internal error; the gateway's log says more";
            default -> "bad request" + reason(failure);
        };
        CompletionExchange.refuse(context.response(), status, ApiException.body(status, message, null, null));
    }

    private static String reason(@Nullable Throwable failure) {
        return failure == null ? "" : ": " + failure.getMessage();
    }

    private static void answer(HttpServerResponse response, ObjectNode body) {
        response.putHeader("Content-Type", "application/json").end(Buffer.buffer(Json.write(body)));
    }

    private long nowSeconds() {
        return clock.instant().getEpochSecond();
    }
}
