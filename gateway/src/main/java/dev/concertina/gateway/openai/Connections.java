package dev.concertina.gateway.openai;

import io.vertx.core.http.HttpConnection;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Clients' connections: at most so many, and none stays that has had no request for a while, or never finishes the head of one. One with a
 * request under way stays however long it is silent. Confined to the event loop.
 */
public final class Connections {
    private static final Duration IDLE = Duration.ofSeconds(75);
    /** Of a gateway that leaves: a client that keeps a connection for later would come back when nothing is taken any more. */
    private static final Duration IDLE_LEAVING = Duration.ofSeconds(2);

    private final int most;
    private final LongSupplier nanoClock;
    private final Map<HttpConnection, Use> open = new HashMap<>();
    private Duration idle = IDLE;

    private static final class Use {
        private int requests;
        private long sinceNanos;
    }

    /** @param nanoClock monotonic time, ns */
    public Connections(int most, LongSupplier nanoClock) {
        this.most = most;
        this.nanoClock = nanoClock;
    }

    /** A client connected. */
    public void opened(HttpConnection connection) {
        if (open.size() >= most) {
            connection.close();
            return;
        }
        Use use = new Use();
        use.sinceNanos = nanoClock.getAsLong();
        open.put(connection, use);
        connection.closeHandler(closed -> open.remove(connection));
    }

    /** The first handler of each request. */
    void count(RoutingContext context) {
        Use use = open.get(context.request().connection());
        if (use != null) {
            use.requests++;
            context.addEndHandler(ended -> {
                use.requests--;
                use.sinceNanos = nanoClock.getAsLong();
            });
        }
        context.next();
    }

    /** From now on idle connections are closed soon, so that their clients connect to another gateway. */
    void leave() {
        idle = IDLE_LEAVING;
    }

    /** Once a second or so: closes idle ones. */
    public void closeIdle() {
        long now = nanoClock.getAsLong();
        List.copyOf(open.entrySet()).stream()
                .filter(entry -> entry.getValue().requests == 0 && now - entry.getValue().sinceNanos > idle.toNanos())
                .forEach(entry -> entry.getKey().close());
    }
}
