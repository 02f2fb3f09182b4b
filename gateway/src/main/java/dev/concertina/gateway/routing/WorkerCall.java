package dev.concertina.gateway.routing;

import dev.concertina.wire.Json;
import dev.concertina.wire.Workers;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.parsetools.RecordParser;
import org.jspecify.annotations.Nullable;

/** One stream of one sequence from one worker. Tokens and then exactly one end reach the listener, unless it was cancelled. */
final class WorkerCall {
    private static final int MAX_LINE_BYTES = 64 * 1024;

    /** Takes what the stream says. */
    interface Listener {
        void token(int index, int token);

        void end(StreamEnd end);
    }

    private final Listener listener;
    private @Nullable HttpClientRequest request;
    private boolean taken;
    private boolean over;

    private WorkerCall(Listener listener) {
        this.listener = listener;
    }

    static WorkerCall open(HttpClient http, RequestOptions options, Buffer body, Listener listener) {
        WorkerCall call = new WorkerCall(listener);
        http.request(options).onComplete(opened -> {
            if (opened.failed()) {
                call.lost("cannot connect: " + opened.cause().getMessage());
            } else if (call.over) {
                opened.result().reset();
            } else {
                call.send(opened.result(), body);
            }
        });
        return call;
    }

    /**
     * Ends the stream without a word to the listener; the worker sees its client go and cancels the sequence. A stream that has ended keeps
     * its connection.
     */
    void cancel() {
        if (!over) {
            over = true;
            reset();
        }
    }

    private void reset() {
        if (request != null) {
            request.reset();
        }
    }

    private void send(HttpClientRequest opened, Buffer body) {
        request = opened;
        opened.exceptionHandler(problem -> lost("connection lost: " + problem.getMessage()));
        opened.send(body).onComplete(answer -> {
            if (answer.failed()) {
                lost("no answer: " + answer.cause().getMessage());
            } else if (answer.result().statusCode() != 200) {
                refused(answer.result());
            } else {
                stream(answer.result());
            }
        });
    }

    private void refused(HttpClientResponse answer) {
        int status = answer.statusCode();
        answer.body().onComplete(body -> end(new StreamEnd.Refused(status, sentence(body.result()))));
    }

    private static String sentence(@Nullable Buffer body) {
        try {
            return body == null
                    ? "no reason given"
                    : Json.mapper().readTree(body.getBytes()).path("error").asText("no reason given");
        } catch (java.io.IOException e) {
            return "an answer that is not JSON";
        }
    }

    private void stream(HttpClientResponse answer) {
        taken = true;
        RecordParser lines = RecordParser.newDelimited("\n", answer).maxRecordSize(MAX_LINE_BYTES);
        lines.exceptionHandler(problem -> broken("stream broken: " + problem.getMessage()));
        lines.endHandler(ended -> lost("the stream ended before the sequence did"));
        lines.handler(this::line);
    }

    private void line(Buffer line) {
        if (over || line.length() == 0) {
            return;
        }
        Workers.Token token;
        try {
            token = Json.read(line.getBytes(), Workers.Token.class);
        } catch (IllegalArgumentException e) {
            broken("the worker sent a line that is " + e.getMessage());
            return;
        }
        if (token.token() != null && token.index() != null) {
            listener.token(token.index(), token.token());
        }
        if (token.finish() != null) {
            end(new StreamEnd.Finished(token.finish()));
        } else if (token.moved() != null && !WorkerClient.isReachable(token.moved())) {
            broken("the worker moved the sequence to a rank without an address");
        } else if (token.moved() != null) {
            end(new StreamEnd.Moved(token.moved()));
        } else if (token.error() != null) {
            lost("the worker says: " + token.error());
        }
    }

    private void broken(String reason) {
        if (!over) {
            lost(reason);
            reset();
        }
    }

    private void lost(String reason) {
        end(new StreamEnd.Lost(reason, taken));
    }

    private void end(StreamEnd end) {
        if (!over) {
            over = true;
            listener.end(end);
        }
    }
}
