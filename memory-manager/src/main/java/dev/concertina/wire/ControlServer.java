package dev.concertina.wire;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.concertina.observe.Tracing;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A small authenticated HTTP server for control calls, on the JDK's own. Handlers run on virtual threads and may block. Every path needs the
 * token, {@code GET /healthz} excepted. Bodies are bounded.
 */
public final class ControlServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ControlServer.class.getName());

    static {
        // small streamed chunks must not wait for an acknowledgement
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    /** Answers one call; what it returns is written as JSON. */
    @FunctionalInterface
    public interface Handler {
        Object handle(HttpExchange exchange) throws IOException;
    }

    /** Answers one call itself, streaming. */
    @FunctionalInterface
    public interface RawHandler {
        void handle(HttpExchange exchange) throws IOException;
    }

    private final Token token;
    private final long maxBodyBytes;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, RawHandler> routes = new ConcurrentHashMap<>();
    private final Map<String, RawHandler> prefixes = new ConcurrentHashMap<>();
    private volatile Tracing tracing = Tracing.off();

    /**
     * Binds; call {@link #start} when all routes are there.
     *
     * @throws IOException in one sentence when the address cannot be bound, a port in use for example
     */
    public ControlServer(InetSocketAddress address, Token token, long maxBodyBytes) throws IOException {
        this.token = token;
        this.maxBodyBytes = maxBodyBytes;
        try {
            server = HttpServer.create(address, 256);
        } catch (IOException e) {
            throw new IOException(
                    "cannot listen on " + address.getHostString() + ":" + address.getPort() + " (" + e.getMessage()
                            + "); free the port or choose another",
                    e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::dispatch);
    }

    /** Routes {@code METHOD /path} to a handler that returns a value. */
    public ControlServer on(String methodAndPath, Handler handler) {
        return onRaw(methodAndPath, exchange -> answer(exchange, 200, handler.handle(exchange)));
    }

    /** Routes {@code METHOD /path} to a handler that writes the answer itself. */
    public ControlServer onRaw(String methodAndPath, RawHandler handler) {
        routes.put(methodAndPath, handler);
        return this;
    }

    /** Routes every path below {@code METHOD /prefix/}. */
    public ControlServer onPrefix(String methodAndPrefix, RawHandler handler) {
        prefixes.put(methodAndPrefix, handler);
        return this;
    }

    /** Records a span for each call that comes with trace context. */
    public ControlServer traced(Tracing with) {
        tracing = with;
        return this;
    }

    public void start() {
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** The body of a call as a value; 400 for anything else, 413 when too large. */
    public <T> T body(HttpExchange exchange, Class<T> type) throws IOException {
        try (InputStream in = exchange.getRequestBody()) {
            byte[] bytes = in.readNBytes((int) Math.min(Integer.MAX_VALUE - 8, maxBodyBytes + 1));
            if (bytes.length > maxBodyBytes) {
                throw new ControlException(413, "the body is larger than " + maxBodyBytes + " bytes");
            }
            try {
                return Json.read(bytes, type);
            } catch (IllegalArgumentException e) {
                throw new ControlException(400, String.valueOf(e.getMessage()));
            }
        }
    }

    /** A query parameter; 400 when it is missing. */
    public static String query(HttpExchange exchange, String name) {
        String query = exchange.getRequestURI().getRawQuery();
        if (query != null) {
            for (String pair : query.split("&", -1)) {
                int equals = pair.indexOf('=');
                if (equals > 0 && pair.substring(0, equals).equals(name)) {
                    return URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8);
                }
            }
        }
        throw new ControlException(400, "the query parameter '" + name + "' is missing");
    }

    private void dispatch(HttpExchange exchange) throws IOException {
        String method = exchange.getRequestMethod();
        String path = exchange.getRequestURI().getPath();
        try {
            if (method.equals("GET") && path.equals("/healthz")) {
                answer(exchange, 200, Map.of("status", "ok"));
                return;
            }
            if (!token.matches(exchange.getRequestHeaders().getFirst("Authorization"))) {
                throw new ControlException(401, "the control token is missing or wrong");
            }
            RawHandler handler = handler(method, path);
            if (tracing.on() && exchange.getRequestHeaders().containsKey(Tracing.TRACEPARENT)) {
                traced(exchange, handler);
            } else {
                handler.handle(exchange);
            }
        } catch (ControlException e) {
            answer(exchange, e.status(), Map.of("error", String.valueOf(e.getMessage())));
        } catch (IllegalArgumentException e) {
            answer(exchange, 400, Map.of("error", String.valueOf(e.getMessage())));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "call broken off path={0} reason={1}", path, e);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "call failed path=" + path, e);
            answer(exchange, 500, Map.of("error", "internal error: " + e));
        } finally {
            exchange.close();
        }
    }

    private RawHandler handler(String method, String path) {
        RawHandler handler = routes.get(method + " " + path);
        return handler != null
                ? handler
                : prefixes.entrySet().stream()
                        .filter(prefix -> (method + " " + path).startsWith(prefix.getKey()))
                        .map(Map.Entry::getValue)
                        .findFirst()
                        .orElseThrow(() -> new ControlException(404, "no such path: " + method + " " + path));
    }

    private void traced(HttpExchange exchange, RawHandler handler) throws IOException {
        String method = exchange.getRequestMethod();
        String path = exchange.getRequestURI().getPath();
        Span span = tracing.tracer()
                .spanBuilder(method + " " + path)
                .setSpanKind(SpanKind.SERVER)
                .setParent(Tracing.from(name -> exchange.getRequestHeaders().getFirst(name)))
                .setAttribute("http.request.method", method)
                .setAttribute("url.path", path)
                .startSpan();
        try (Scope scope = span.makeCurrent()) {
            handler.handle(exchange);
        } catch (IOException | RuntimeException e) {
            span.recordException(e);
            span.setStatus(StatusCode.ERROR, String.valueOf(e.getMessage()));
            throw e;
        } finally {
            span.end();
        }
    }

    private static void answer(HttpExchange exchange, int status, Object value) throws IOException {
        if (exchange.getResponseCode() != -1) {
            return; // a streamed answer is already under way: closing it is all that is left
        }
        byte[] body = Json.write(value);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        OutputStream out = exchange.getResponseBody();
        out.write(body);
        out.flush(); // not left to close: where that fails, because the caller has gone, the JDK's server forgets
        // the connection and keeps its descriptor
        out.close();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
