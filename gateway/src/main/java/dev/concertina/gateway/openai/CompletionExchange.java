package dev.concertina.gateway.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.gateway.routing.Outcome;
import dev.concertina.gateway.routing.TokenLog;
import dev.concertina.wire.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One response that tells an answer to a client. A stream is written as fast as the client reads: what it does not take stays in the answer's
 * log and goes out together later. So does what comes within one turn of the event loop: the busier the gateway, the fewer writes per token.
 * Confined to the event loop.
 */
final class CompletionExchange {
    private static final Buffer DONE = Buffer.buffer("data: [DONE]\n\n");

    private final CompletionRequest request;
    private final Retry retry;
    private final Answer answer;
    private final Answers answers;
    private final HttpServerResponse response;
    private final Executor later;
    private final Consumer<CompletionExchange> whenOver;
    private final AnswerText text;
    private final StringBuilder unsentText = new StringBuilder();
    private int read;
    private int sent;
    private boolean begun;
    private boolean closed;
    private boolean flushIsDue;
    private boolean waitsForClient;
    private int secondsWaited;
    private @Nullable Outcome end;

    /**
     * Reads nothing yet.
     *
     * @param later runs a task at the end of this turn of the event loop
     * @param whenOver told once, when the response is written or its client gone
     */
    CompletionExchange(
            CompletionRequest request,
            Retry retry,
            Answer answer,
            HttpServerResponse response,
            Executor later,
            Consumer<CompletionExchange> whenOver) {
        this.request = request;
        this.retry = retry;
        this.answer = answer;
        this.answers = new Answers(answer.id(), request.model(), answer.createdSeconds(), request.tokenIds());
        this.response = response;
        this.later = later;
        this.whenOver = whenOver;
        this.text = new AnswerText(request.stops());
        this.sent = retry.from();
        response.closeHandler(gone -> over());
        response.exceptionHandler(problem -> over());
    }

    /** Once a second: whether the client has taken nothing for longer than that. */
    boolean isStalled(int limitSeconds) {
        secondsWaited = waitsForClient ? secondsWaited + 1 : 0;
        return secondsWaited > limitSeconds;
    }

    /** Cuts the connection. */
    void cut() {
        response.reset();
        over();
    }

    /** The answer has more tokens, or its end. */
    void more() {
        if (closed || end != null) {
            return;
        }
        take();
        if (text.stopped() && answer.log().outcome() == null) {
            answer.stop();
        }
        if (request.stream()) {
            flushSoon();
        } else if (end != null) {
            whole(end);
        }
    }

    private void take() {
        TokenLog log = answer.log();
        while (!text.stopped() && read < log.size()) {
            text.append(log.at(read++));
            String shown = text.take();
            if (read > retry.from()) {
                unsentText.append(shown); // the client has the rest
            }
        }
        if (text.stopped()) {
            end = new Outcome.Completed("stop");
        } else if (log.outcome() != null) {
            end = log.outcome();
            unsentText.append(text.takeRest());
        }
    }

    /** Writes a refusal as the whole answer. */
    static void refuse(HttpServerResponse response, int status, ObjectNode body) {
        if (response.ended() || response.closed()) {
            return;
        }
        if (status == 429 || status == 503) {
            response.putHeader("Retry-After", "1");
        }
        response.setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .end(Buffer.buffer(Json.write(body)));
    }

    /** Writes the end of a stream whose last event the client has. */
    static void endOnly(CompletionRequest request, Retry retry, Answers answers, HttpServerResponse response) {
        begin(response);
        Buffer rest = Buffer.buffer();
        if (request.usageInStream()) {
            rest.appendBuffer(Answers.event(
                    answers.usageChunk(request.promptIds().length, retry.from()), Retry.eventId(retry.from(), true)));
        }
        response.end(rest.appendBuffer(DONE));
    }

    private void whole(Outcome how) {
        over();
        if (how instanceof Outcome.Failed failed) {
            refuse(response, failed.status(), ApiException.body(failed.status(), failed.message(), null, null));
            return;
        }
        ObjectNode whole = answers.completion(
                unsentText.toString(), finishReason(how), answer.log().copy(0, read), request.promptIds());
        Answers.withUsage(whole, request.promptIds().length, read);
        response.putHeader("Content-Type", "application/json").end(Buffer.buffer(Json.write(whole)));
    }

    private void flushSoon() {
        if (!flushIsDue && !waitsForClient) {
            flushIsDue = true;
            later.execute(this::flush);
        }
    }

    private void flush() {
        flushIsDue = false;
        if (closed) {
            return;
        }
        if (response.writeQueueFull()) {
            waitsForClient = true;
            response.drainHandler(drained -> {
                waitsForClient = false;
                flush();
            });
            return;
        }
        Outcome how = end;
        if (how != null) {
            last(how);
        } else if (!unsentText.isEmpty() || request.tokenIds() && sent < read) {
            response.write(event(chunk(null), false));
        }
    }

    private void last(Outcome how) {
        over();
        if (how instanceof Outcome.Failed failed) {
            ObjectNode error = ApiException.body(failed.status(), failed.message(), null, null);
            if (begun) {
                response.end(Answers.event(error, null)); // no [DONE]: the answer is not whole
            } else {
                refuse(response, failed.status(), error);
            }
            return;
        }
        Buffer rest = event(chunk(finishReason(how)), true);
        if (request.usageInStream()) {
            rest.appendBuffer(event(answers.usageChunk(request.promptIds().length, read), true));
        }
        response.end(rest.appendBuffer(DONE));
    }

    private Buffer event(ObjectNode data, boolean last) {
        return Answers.event(data, retry.key() == null ? null : Retry.eventId(Math.max(read, sent), last));
    }

    private ObjectNode chunk(@Nullable String finishReason) {
        int @Nullable [] prompt = begun || retry.from() > 0 ? null : request.promptIds();
        if (!begun) {
            begun = true;
            begin(response);
        }
        int from = Math.min(sent, read);
        ObjectNode chunk = answers.completion(
                unsentText.toString(), finishReason, answer.log().copy(from, read), prompt);
        if (request.usageInStream()) {
            chunk.putNull("usage");
        }
        unsentText.setLength(0);
        sent = Math.max(sent, read);
        return chunk;
    }

    private static void begin(HttpServerResponse response) {
        response.setChunked(true)
                .putHeader("Content-Type", "text/event-stream; charset=utf-8")
                .putHeader("Cache-Control", "no-cache");
    }

    private static @Nullable String finishReason(Outcome how) {
        return how instanceof Outcome.Completed completed ? completed.reason() : null;
    }

    private void over() {
        if (!closed) {
            closed = true;
            answer.leave(this);
            whenOver.accept(this);
        }
    }
}
