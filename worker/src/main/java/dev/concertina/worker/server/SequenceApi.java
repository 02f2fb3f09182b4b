package dev.concertina.worker.server;

import com.sun.net.httpserver.HttpExchange;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ControlServer;
import dev.concertina.wire.Json;
import dev.concertina.wire.Workers;
import dev.concertina.worker.engine.Engine;
import dev.concertina.worker.engine.LiveSequence;
import dev.concertina.worker.serving.Serving;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * {@code POST /v1/sequences} and {@code POST /v1/sequences/ID/follow?from=I}: NDJSON streams, flushed at every step's tokens; an empty line now and then
 * while there are none, since only a write tells that the client is gone.
 */
public final class SequenceApi {
    private static final String PREFIX = "/v1/sequences/";
    private static final String FOLLOW = "/follow";
    private static final Duration SILENCE = Duration.ofSeconds(2);

    private final ControlServer server;
    private final Supplier<Serving> serving;

    private SequenceApi(ControlServer server, Supplier<Serving> serving) {
        this.server = server;
        this.serving = serving;
    }

    /** Adds the routes; {@code serving} throws 409 while nothing is attached. */
    public static void route(ControlServer server, Supplier<Serving> serving) {
        SequenceApi api = new SequenceApi(server, serving);
        server.onRaw("POST /v1/sequences", api::create);
        server.onPrefix("POST " + PREFIX, api::follow);
    }

    private void create(HttpExchange exchange) throws IOException {
        Workers.Sequence request = server.body(exchange, Workers.Sequence.class);
        Engine engine = serving.get().engine();
        LiveSequence sequence = engine.submit(request);
        stream(exchange, engine, sequence, sequence.resumedAt());
    }

    private void follow(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (!path.endsWith(FOLLOW) || path.length() <= PREFIX.length() + FOLLOW.length()) {
            throw new ControlException(404, "no such path: " + path);
        }
        String id = path.substring(PREFIX.length(), path.length() - FOLLOW.length());
        int from;
        try {
            from = Integer.parseUnsignedInt(ControlServer.query(exchange, "from"));
        } catch (NumberFormatException e) {
            throw new ControlException(400, "'from' must be an index from 0");
        }
        Engine engine = serving.get().engine();
        LiveSequence sequence = engine.find(id);
        if (sequence == null) {
            throw new ControlException(404, "no sequence " + id + " here");
        }
        stream(exchange, engine, sequence, from);
    }

    private static void stream(HttpExchange exchange, Engine engine, LiveSequence sequence, int from)
            throws IOException {
        sequence.log().follow();
        boolean whole = false;
        try {
            exchange.getResponseHeaders().set("Content-Type", "application/x-ndjson");
            exchange.sendResponseHeaders(200, 0);
            OutputStream out = exchange.getResponseBody();
            whole = write(out, sequence, from);
            out.close();
            if (whole) {
                sequence.log().markDelivered();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("stopping", e);
        } finally {
            if (sequence.log().unfollow() && !whole) {
                engine.cancel(sequence); // its client went away
            }
        }
    }

    private static boolean write(OutputStream out, LiveSequence sequence, int from)
            throws IOException, InterruptedException {
        int next = from;
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        while (true) {
            List<Workers.Token> tokens = sequence.log().await(next, SILENCE);
            lines.reset();
            boolean ended = false;
            for (Workers.Token token : tokens) {
                lines.write(Json.write(token));
                lines.write('\n');
                ended = token.index() == null;
                next += ended ? 0 : 1;
            }
            if (tokens.isEmpty()) {
                lines.write('\n');
            }
            lines.writeTo(out);
            out.flush();
            if (ended) {
                return true;
            }
        }
    }
}
