package dev.concertina.gateway;

import dev.concertina.wire.Json;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Workers;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A worker double over real HTTP: checks the token, and plays whatever script a test gives it. */
final class ScriptedWorker implements AutoCloseable {
    /** The header {@code traceparent} of each sequence started, null without. */
    final java.util.List<String> traces = java.util.Collections.synchronizedList(new java.util.ArrayList<>());

    /** What it does with a sequence; runs on a thread of its own. */
    interface Script {
        /** @param from index of the first token to send */
        void play(Workers.Sequence sequence, int from, Out out) throws Exception;
    }

    private final Vertx vertx;
    private final HttpServer server;
    private final int number;
    private final String incarnation = UUID.randomUUID().toString();
    private final AtomicBoolean healthy = new AtomicBoolean(true);
    final List<Workers.Sequence> started = new CopyOnWriteArrayList<>();
    final List<Integer> followedFrom = new CopyOnWriteArrayList<>();
    final Map<String, Workers.Sequence> adopted = new ConcurrentHashMap<>();
    final AtomicInteger cancelled = new AtomicInteger();
    volatile Script onStart = ScriptedWorker::all;
    volatile Script onFollow = ScriptedWorker::all;

    ScriptedWorker(Vertx vertx, int number) {
        this.vertx = vertx;
        this.number = number;
        this.server = vertx.createHttpServer().requestHandler(this::handle);
        server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().join();
    }

    Rank rank() {
        String address = "127.0.0.1:" + server.actualPort();
        return new Rank(number, "node", number, "127.0.0.1:1", address, "127.0.0.1:2", incarnation);
    }

    /** The token that any worker generates for this prompt at this index: printable, and different for each prompt and index. */
    static int tokenAt(int[] prompt, int index) {
        int hash = 7;
        for (int id : prompt) {
            hash = hash * 31 + id;
        }
        return 'a' + Math.floorMod(hash * 17 + index * index + 3 * index, 26);
    }

    /** Sends everything from an index on. */
    static void all(Workers.Sequence sequence, int from, Out out) {
        out.tokens(sequence, from, sequence.maxTokens());
        out.finish("length");
    }

    /** Answers every call but never a probe. */
    void goSilent() {
        healthy.set(false);
    }

    private void handle(HttpServerRequest request) {
        if (request.path().equals("/healthz")) {
            if (healthy.get()) {
                request.response().end("{}");
            } else {
                request.response().setStatusCode(500).end();
            }
            return;
        }
        if (!TestGateway.TOKEN.matches(request.getHeader("Authorization"))) {
            request.response().setStatusCode(401).end("{\"error\":\"token\"}");
            return;
        }
        Out out = new Out(request.response(), request);
        request.body().onSuccess(body -> Thread.ofVirtual().start(() -> answer(request, body, out)));
    }

    private void answer(HttpServerRequest request, Buffer body, Out out) {
        try {
            if (request.path().equals("/v1/sequences")) {
                Workers.Sequence sequence = Json.read(body.getBytes(), Workers.Sequence.class);
                started.add(sequence);
                traces.add(request.getHeader("traceparent"));
                onStart.play(sequence, sequence.generatedIds().length, out);
            } else {
                String id = request.path().split("/")[3];
                int from = Integer.parseInt(request.getParam("from"));
                followedFrom.add(from);
                Workers.Sequence sequence = adopted.get(id);
                if (sequence == null) {
                    out.refuse(404, "no such sequence");
                } else {
                    onFollow.play(sequence, from, out);
                }
            }
        } catch (Exception e) {
            request.connection().close(); // the client is gone already, or the script failed
        }
    }

    @Override
    public void close() {
        server.close().toCompletionStage().toCompletableFuture().join();
    }

    Vertx vertx() {
        return vertx;
    }

    /** One stream. */
    final class Out {
        private final HttpServerResponse response;
        private final HttpServerRequest request;
        private final AtomicBoolean gone = new AtomicBoolean();

        Out(HttpServerResponse response, HttpServerRequest request) {
            this.response = response;
            this.request = request;
            response.setChunked(true);
            response.closeHandler(closed -> {
                if (!gone.getAndSet(true)) {
                    cancelled.incrementAndGet();
                }
            });
        }

        boolean clientGone() {
            return gone.get();
        }

        void token(Workers.Sequence sequence, int index) {
            line(Workers.Token.of(index, tokenAt(sequence.promptIds(), index)));
        }

        void tokens(Workers.Sequence sequence, int from, int to) {
            for (int i = from; i < to; i++) {
                token(sequence, i);
            }
        }

        void finish(String reason) {
            line(new Workers.Token(null, null, reason, null, null));
            end();
        }

        void moved(Workers.Sequence sequence, ScriptedWorker target) {
            target.adopted.put(sequence.id(), sequence);
            moved(target.rank());
        }

        void moved(Rank rank) {
            line(new Workers.Token(null, null, null, rank, null));
            end();
        }

        void error(String sentence) {
            line(new Workers.Token(null, null, null, null, sentence));
            end();
        }

        void line(Workers.Token token) {
            raw(Buffer.buffer(Json.write(token)).appendString("\n"));
        }

        void raw(Buffer bytes) {
            response.write(bytes).toCompletionStage().toCompletableFuture().join();
        }

        void end() {
            gone.set(true);
            response.end();
        }

        void refuse(int status, String sentence) {
            gone.set(true);
            response.setStatusCode(status).end("{\"error\":\"" + sentence + "\"}");
        }

        /** Breaks the connection in the middle. */
        void cut() {
            gone.set(true);
            request.connection().close();
        }
    }
}
