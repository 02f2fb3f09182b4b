package dev.concertina.gateway.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.gateway.routing.Deployment;
import dev.concertina.gateway.routing.RouteTable;
import dev.concertina.wire.Json;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.PlatformHandler;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP side: {@code POST /v1/completions}, {@code GET /v1/models}, {@code GET /healthz}. Confined to the event loop, except where said.
 */
public final class OpenAiApi {
    private static final System.Logger LOG = System.getLogger(OpenAiApi.class.getName());
    private static final int MAX_BODY_BYTES = 1024 * 1024;
    private static final int STALLED_CLIENT_SECONDS = 300;
    private static final int SLOW_BODY_MILLIS = 30_000;

    private final RouteTable routes;
    private final Clock clock;
    private final Supplier<String> ids;
    private final Set<CompletionExchange> open = new HashSet<>();
    private boolean draining;

    /** @param ids a new unique id with each call */
    public OpenAiApi(RouteTable routes, Clock clock, Supplier<String> ids) {
        this.routes = routes;
        this.clock = clock;
        this.ids = ids;
    }

    public Router router(Vertx vertx) {
        Router router = Router.router(vertx);
        router.get("/healthz").handler(this::health);
        router.get("/v1/models").handler(this::models);
        router.post("/v1/completions")
                .handler((PlatformHandler) context -> boundBodyTime(vertx, context))
                .handler(BodyHandler.create(false).setBodyLimit(MAX_BODY_BYTES))
                .handler(this::complete);
        for (int status : List.of(400, 404, 405, 413, 500)) {
            router.errorHandler(status, context -> answerError(context, status));
        }
        return router;
    }

    /** No new requests from now on; those under way go on. */
    public void drain() {
        draining = true;
    }

    /** Answers not ended yet. */
    public int openAnswers() {
        return open.size();
    }

    /** Once a second: cuts clients that stopped reading for minutes. */
    public void cutStalledClients() {
        List.copyOf(open).stream()
                .filter(exchange -> exchange.isStalled(STALLED_CLIENT_SECONDS))
                .forEach(CompletionExchange::cut);
    }

    private static void boundBodyTime(Vertx vertx, RoutingContext context) {
        HttpServerRequest request = context.request();
        long timer = vertx.setTimer(SLOW_BODY_MILLIS, late -> {
            if (!request.isEnded()) {
                request.connection().close();
            }
        });
        context.addEndHandler(ended -> vertx.cancelTimer(timer));
        context.next();
    }

    private void health(RoutingContext context) {
        ObjectNode status = Json.mapper().createObjectNode().put("status", draining ? "draining" : "ok");
        answer(context.response().setStatusCode(draining ? 503 : 200), status);
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
        HttpServerResponse response = context.response();
        try {
            Buffer body = context.body().buffer();
            CompletionRequest request = CompletionRequestReader.read(body == null ? new byte[0] : body.getBytes());
            submit(request, deploymentFor(request), response);
        } catch (ApiException refusal) {
            CompletionExchange.refuse(response, refusal.status(), refusal.body());
        }
    }

    private void submit(CompletionRequest request, Deployment deployment, HttpServerResponse response) {
        String id = "cmpl-" + ids.get();
        Answers answers = new Answers(id, request.model(), nowSeconds(), request.tokenIds());
        CompletionExchange exchange = new CompletionExchange(request, answers, response, open::remove);
        open.add(exchange);
        exchange.attach(deployment.submit(id, request.promptIds(), request.maxTokens(), new int[0], exchange));
    }

    private Deployment deploymentFor(CompletionRequest request) {
        if (draining) {
            throw new ApiException(503, "this gateway is shutting down; send the request again", null, null);
        }
        if (!routes.everRouted()) {
            throw new ApiException(503, "this gateway has just started and knows no models yet; try again", null, null);
        }
        Deployment deployment = routes.model(request.model())
                .orElseThrow(() -> new ApiException(
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
        if (!deployment.accepts()) {
            throw new ApiException(
                    429, deployment.queued() + " requests wait already; try again later", null, "queue_full");
        }
        return deployment;
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
            case 413 -> "the body is larger than " + MAX_BODY_BYTES + " bytes";
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
