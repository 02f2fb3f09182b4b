package dev.concertina.gateway.openai;

import dev.concertina.gateway.routing.Deployment;
import io.opentelemetry.context.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * From a request that can be read to a response under way: a new answer, or, for a retry, the one there is. Confined to the event loop.
 */
final class Completions {
    private static final int STALLED_CLIENT_SECONDS = 300;
    private static final int LOOK_AGAIN_MILLIS = 100;

    private final Vertx vertx;
    private final Admission admission;
    private final KeyedAnswers keyed;
    private final Clock clock;
    private final Supplier<String> ids;
    private final Executor later;
    private final Set<CompletionExchange> open = new HashSet<>();
    private int waitingForRoutes;

    /** @param ids a new unique id with each call */
    Completions(Vertx vertx, Admission admission, KeyedAnswers keyed, Clock clock, Supplier<String> ids) {
        this.vertx = vertx;
        this.admission = admission;
        this.keyed = keyed;
        this.clock = clock;
        this.ids = ids;
        this.later = task -> vertx.runOnContext(turn -> task.run());
    }

    /** Responses not ended yet. */
    int open() {
        return open.size() + waitingForRoutes;
    }

    /** Once a second: cuts clients that stopped reading for minutes, and lets go of answers that nobody came back for. */
    void tick() {
        List.copyOf(open).stream()
                .filter(exchange -> exchange.isStalled(STALLED_CLIENT_SECONDS))
                .forEach(CompletionExchange::cut);
        keyed.tick();
    }

    /** Answers it, now or when the routes of its model have come. */
    void complete(CompletionRequest request, Retry retry, HttpServerResponse response) {
        try {
            admission.checkRoom(open());
            if (admission.mayComeYet(request)) {
                waitingForRoutes++;
                Runnable again = Context.current().wrap(() -> {
                    waitingForRoutes--;
                    if (!response.closed()) {
                        complete(request, retry, response);
                    }
                });
                vertx.setTimer(LOOK_AGAIN_MILLIS, fired -> again.run());
            } else if (retry.complete()) {
                String id = "cmpl-" + Fingerprint.id(String.valueOf(retry.key()), Fingerprint.of(request));
                Answers answers = new Answers(id, request.model(), nowSeconds(), request.tokenIds());
                CompletionExchange.endOnly(request, retry, answers, response);
            } else {
                tell(answer(request, retry), request, retry, response);
            }
        } catch (ApiException refusal) {
            CompletionExchange.refuse(response, refusal.status(), refusal.body());
        }
    }

    private void tell(Answer answer, CompletionRequest request, Retry retry, HttpServerResponse response) {
        CompletionExchange exchange = new CompletionExchange(request, retry, answer, response, later, open::remove);
        open.add(exchange);
        answer.read(exchange);
    }

    private Answer answer(CompletionRequest request, Retry retry) {
        String key = retry.key();
        if (key == null) {
            return submit(request, new Answer("cmpl-" + ids.get(), "", nowSeconds(), Answer::cancel, ended -> {
                // nobody comes back for it
            }));
        }
        String fingerprint = Fingerprint.of(request);
        Answer known = keyed.find(key);
        if (known == null) {
            return submitKeyed(request, key, fingerprint);
        }
        if (!known.fingerprint().equals(fingerprint)) {
            throw new ApiException(
                    422,
                    "this Idempotency-Key was used for another request; give each request a key of its own",
                    "Idempotency-Key",
                    "idempotency_key_reused");
        }
        return known;
    }

    private Answer submitKeyed(CompletionRequest request, String key, String fingerprint) {
        Answer answer = new Answer(
                "cmpl-" + Fingerprint.id(key, fingerprint),
                fingerprint,
                nowSeconds(),
                unread -> keyed.unread(key),
                ended -> keyed.ended(key, ended));
        submit(request, answer);
        keyed.put(key, answer);
        return answer;
    }

    private Answer submit(CompletionRequest request, Answer answer) {
        Deployment deployment = admission.deployment(request);
        answer.generatedBy(deployment.submit(
                answer.id(), request.promptIds(), request.maxTokens(), request.stopIds(), answer.log()));
        return answer;
    }

    private long nowSeconds() {
        return clock.instant().getEpochSecond();
    }
}
