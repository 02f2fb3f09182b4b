package dev.concertina.gateway.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.gateway.routing.Generation;
import dev.concertina.gateway.routing.Outcome;
import dev.concertina.gateway.routing.TokenSink;
import dev.concertina.wire.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request's answer on its way to the client. A stream is written as fast as the client reads: tokens that it does not take are kept as
 * ids, at most {@code max_tokens} of them, and go out together later. Confined to the event loop.
 */
final class CompletionExchange implements TokenSink {
    private static final Buffer DONE = Buffer.buffer("data: [DONE]\n\n");

    private final CompletionRequest request;
    private final Answers answers;
    private final HttpServerResponse response;
    private final Consumer<CompletionExchange> whenOver;
    private final AnswerText text;
    private final StringBuilder unsentText = new StringBuilder();
    private int[] ids = new int[16];
    private int count;
    private int sentIds;
    private boolean begun;
    private boolean closed;
    private boolean waitsForClient;
    private int secondsWaited;
    private @Nullable Outcome outcome;
    private @Nullable Generation generation;

    /** @param whenOver told once, when the answer is written or its client gone */
    CompletionExchange(
            CompletionRequest request,
            Answers answers,
            HttpServerResponse response,
            Consumer<CompletionExchange> whenOver) {
        this.request = request;
        this.answers = answers;
        this.response = response;
        this.whenOver = whenOver;
        this.text = new AnswerText(request.stops());
        response.closeHandler(gone -> clientGone());
        response.exceptionHandler(problem -> clientGone());
    }

    /** The request is on its way; a client that goes away cancels it. */
    void attach(Generation started) {
        generation = started;
        if (closed) {
            started.cancel();
        }
    }

    /** Once a second: whether the client has taken nothing for longer than that. */
    boolean isStalled(int limitSeconds) {
        secondsWaited = waitsForClient ? secondsWaited + 1 : 0;
        return secondsWaited > limitSeconds;
    }

    /** Cuts the connection. */
    void cut() {
        response.reset();
        clientGone();
    }

    @Override
    public void token(int id) {
        if (count == ids.length) {
            ids = Arrays.copyOf(ids, count * 2);
        }
        ids[count++] = id;
        text.append(id);
        unsentText.append(text.take());
        if (text.stopped() && generation != null) {
            generation.stop(); // comes back as end()
        } else if (request.stream()) {
            flush();
        }
    }

    @Override
    public void end(Outcome end) {
        outcome = end;
        unsentText.append(text.takeRest());
        if (closed) {
            return;
        }
        if (end instanceof Outcome.Failed failed && !begun) {
            over();
            refuse(response, failed.status(), ApiException.body(failed.status(), failed.message(), null, null));
        } else if (request.stream()) {
            flush();
        } else {
            whole(end);
        }
    }

    /** Writes a refusal as the whole answer. */
    static void refuse(HttpServerResponse response, int status, ObjectNode body) {
        if (status == 429 || status == 503) {
            response.putHeader("Retry-After", "1");
        }
        response.setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .end(Buffer.buffer(Json.write(body)));
    }

    private void whole(Outcome end) {
        ObjectNode answer = answers.completion(
                unsentText.toString(), finishReason(end), Arrays.copyOf(ids, count), request.promptIds());
        Answers.withUsage(answer, request.promptIds().length, count);
        over();
        response.putHeader("Content-Type", "application/json").end(Buffer.buffer(Json.write(answer)));
    }

    private void flush() {
        if (closed) {
            return;
        }
        if (response.writeQueueFull()) {
            if (!waitsForClient) {
                waitsForClient = true;
                response.drainHandler(drained -> {
                    waitsForClient = false;
                    flush();
                });
            }
            return;
        }
        Outcome end = outcome;
        if (end != null) {
            last(end);
        } else if (!unsentText.isEmpty() || request.tokenIds() && sentIds < count) {
            response.write(Answers.event(chunk(null)));
        }
    }

    private void last(Outcome end) {
        over();
        if (end instanceof Outcome.Failed failed) {
            ObjectNode error = ApiException.body(failed.status(), failed.message(), null, null);
            response.end(Answers.event(error)); // no [DONE]: the answer is not whole
            return;
        }
        Buffer rest = Answers.event(chunk(finishReason(end)));
        if (request.usageInStream()) {
            rest.appendBuffer(Answers.event(answers.usageChunk(request.promptIds().length, count)));
        }
        response.end(rest.appendBuffer(DONE));
    }

    private ObjectNode chunk(@Nullable String finishReason) {
        int @Nullable [] prompt = begun ? null : request.promptIds();
        if (!begun) {
            begun = true;
            response.setChunked(true)
                    .putHeader("Content-Type", "text/event-stream; charset=utf-8")
                    .putHeader("Cache-Control", "no-cache");
        }
        ObjectNode chunk = answers.completion(
                unsentText.toString(), finishReason, Arrays.copyOfRange(ids, sentIds, count), prompt);
        if (request.usageInStream()) {
            chunk.putNull("usage");
        }
        unsentText.setLength(0);
        sentIds = count;
        return chunk;
    }

    private void over() {
        closed = true;
        whenOver.accept(this);
    }

    private static @Nullable String finishReason(Outcome end) {
        return end instanceof Outcome.Completed completed ? completed.reason() : null;
    }

    private void clientGone() {
        if (!closed) {
            over();
            if (generation != null) {
                generation.cancel();
            }
        }
    }
}
