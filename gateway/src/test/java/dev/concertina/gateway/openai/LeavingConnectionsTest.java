package dev.concertina.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A connection that a client keeps for its next request must not lead it back to a gateway that leaves. */
class LeavingConnectionsTest {
    private static final String STATUS = "HTTP/1.1 200";

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final AtomicLong now = new AtomicLong();
    private final Connections connections = new Connections(2, now::get);

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void idleOnesAreClosedSoonOnceTheGatewayLeaves() throws Exception {
        Router router = Router.router(vertx);
        router.route().handler(connections::count);
        router.get("/").handler(context -> context.response().end());
        HttpServer server =
                vertx.createHttpServer().connectionHandler(connections::opened).requestHandler(router);
        server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().join();
        try (Socket kept = new Socket("127.0.0.1", server.actualPort())) {
            kept.setSoTimeout(30_000);
            ask(kept);
            now.addAndGet(Duration.ofSeconds(3).toNanos());
            onLoop(connections::closeIdle);
            ask(kept);
            onLoop(connections::leave);
            onLoop(connections::closeIdle);
            ask(kept);
            now.addAndGet(Duration.ofSeconds(3).toNanos());
            onLoop(connections::closeIdle);
            assertThat(kept.getInputStream().read()).isEqualTo(-1);
        }
    }

    /** One request and its whole answer on a connection that stays. */
    private static void ask(Socket socket) throws Exception {
        socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        StringBuilder answer = new StringBuilder();
        while (!answer.toString().endsWith("\r\n\r\n")) {
            int next = socket.getInputStream().read();
            assertThat(next).as(answer.toString()).isNotEqualTo(-1);
            answer.append((char) next);
        }
        assertThat(answer.toString()).startsWith(STATUS);
    }

    private void onLoop(Runnable work) throws Exception {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        vertx.runOnContext(run -> {
            work.run();
            done.complete(true);
        });
        done.get(30, TimeUnit.SECONDS);
    }
}
