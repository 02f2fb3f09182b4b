package dev.concertina.gateway.routing;

import dev.concertina.observe.Tracing;
import dev.concertina.wire.Json;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Token;
import dev.concertina.wire.Workers;
import io.opentelemetry.context.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.util.regex.Pattern;

/** Opens sequence streams at workers: HTTP/1.1, kept alive, without idle time-outs, since a pause between tokens may be long. */
public final class WorkerClient {
    private static final Pattern ADDRESS = Pattern.compile("[^\\s:/]+:\\d{1,5}");
    /** So long that a burst of requests on a busy machine is not taken for dead workers and sent again on top. */
    private static final int CONNECT_MILLIS = 5_000;

    private static final long PROBE_MILLIS = 5_000;
    private static final int CONNECTIONS_PER_WORKER = 1_024;
    /** Below the 30 s after which the workers' server closes idle connections, or requests would meet closed ones. */
    private static final int KEEP_ALIVE_SECONDS = 15;

    private final HttpClient http;
    private final HttpClient probes;
    private final Token token;

    public WorkerClient(Vertx vertx, Token token) {
        this.token = token;
        HttpClientOptions options = new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_1_1)
                .setMaxPoolSize(CONNECTIONS_PER_WORKER)
                .setKeepAlive(true)
                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setPipelining(false)
                .setConnectTimeout(CONNECT_MILLIS)
                .setTcpKeepAlive(true)
                .setTcpNoDelay(true);
        this.http = vertx.createHttpClient(options);
        this.probes = vertx.createHttpClient(new HttpClientOptions(options).setMaxPoolSize(2));
    }

    WorkerCall start(Rank rank, Workers.Sequence sequence, Context trace, WorkerCall.Listener listener) {
        return WorkerCall.open(
                http, traced(options(rank, "/v1/sequences"), trace), Buffer.buffer(Json.write(sequence)), listener);
    }

    WorkerCall follow(Rank rank, String sequence, int from, Context trace, WorkerCall.Listener listener) {
        return WorkerCall.open(
                http,
                traced(options(rank, "/v1/sequences/" + sequence + "/follow?from=" + from), trace),
                Buffer.buffer("{}"),
                listener);
    }

    private static RequestOptions traced(RequestOptions options, Context trace) {
        String header = Tracing.header(trace);
        return header == null ? options : options.putHeader(Tracing.TRACEPARENT, header);
    }

    /** Whether the worker's server answers. Never fails. */
    Future<Boolean> answers(Rank rank) {
        RequestOptions options =
                options(rank, "/healthz").setMethod(HttpMethod.GET).setTimeout(PROBE_MILLIS);
        return probes.request(options)
                .compose(request -> request.send())
                .compose(answer -> answer.body().map(answer.statusCode() == 200))
                .otherwise(false);
    }

    /** Whether a rank that came over the wire says where it is and which process it is. */
    @SuppressWarnings("NullAway") // JSON leaves out what the type promises
    static boolean isReachable(Rank rank) {
        return rank != null
                && rank.incarnation() != null
                && rank.controlAddress() != null
                && ADDRESS.matcher(rank.controlAddress()).matches();
    }

    private RequestOptions options(Rank rank, String path) {
        String address = rank.controlAddress();
        int colon = address.lastIndexOf(':');
        return new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setHost(address.substring(0, colon))
                .setPort(Integer.parseInt(address.substring(colon + 1)))
                .setURI(path)
                .putHeader("Authorization", token.authorization())
                .putHeader("Content-Type", "application/json");
    }
}
