package dev.concertina.e2e.kubelet;

import com.sun.net.httpserver.HttpServer;
import dev.concertina.wire.Lifetime;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** The container of the kubelet's tests: serves its environment and arguments. */
public final class TestProgramMain {
    private TestProgramMain() {}

    public static void main(String[] args) throws Exception {
        Lifetime.endWithParent();
        if (System.getenv().containsKey("TEST_FAIL")) {
            System.err.println("test: told to fail; do not set TEST_FAIL");
            System.exit(2);
        }
        Map<String, String> seen = new TreeMap<>(System.getenv());
        seen.put("args", String.join(" ", args));
        HttpServer server = HttpServer.create(new InetSocketAddress(System.getenv("TEST_HOST"), 7070), 10);
        server.createContext("/", exchange -> {
            byte[] body = seen.toString().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }
}
