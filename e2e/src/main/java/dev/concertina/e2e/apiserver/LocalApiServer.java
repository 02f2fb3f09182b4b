package dev.concertina.e2e.apiserver;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.mockwebserver.MockWebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A running API server on {@code 127.0.0.1}. */
public final class LocalApiServer implements AutoCloseable {
    // kept in a field: the log manager holds loggers weakly
    private static final Logger SERVER_LOG = Logger.getLogger("io.fabric8.mockwebserver");

    static {
        // the server logs every request at INFO
        SERVER_LOG.setLevel(Level.WARNING);
    }

    private final MockWebServer server = new MockWebServer();
    private final String url;
    private final String token = random();
    private final String viewToken = random();
    private final KubernetesClient client;
    private final Thread drain;

    /**
     * Starts.
     *
     * @param port to listen on; 0 takes a free one
     * @throws IOException in one sentence when the port is in use
     */
    public LocalApiServer(int port, InstantSource clock) throws IOException {
        checkFree(port);
        server.setDispatcher(new ApiDispatcher(new KubernetesCrudDispatcher(), new Reviews(token, viewToken), clock));
        server.start(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
        url = "http://127.0.0.1:" + server.getPort();
        client = new KubernetesClientBuilder().withConfig(config()).build();
        // the server records every request for tests to look at; nobody looks here, so forget them
        drain = Thread.ofPlatform().daemon().name("api-server-forget").start(() -> {
            try {
                while (!Thread.currentThread().isInterrupted()) {
                    server.takeRequest();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static String random() {
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    private static void checkFree(int port) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress("127.0.0.1", port));
        } catch (IOException e) {
            throw new IOException(
                    "the API server cannot listen on 127.0.0.1:" + port + " (" + e.getMessage()
                            + "); free the port or choose another with --api-port",
                    e);
        }
    }

    private Config config() {
        return new ConfigBuilder(Config.empty())
                .withMasterUrl(url + "/")
                .withNamespace("default")
                .withHttp2Disable(true)
                .withRequestTimeout(10_000)
                .build();
    }

    /** {@code http://127.0.0.1:PORT}. */
    public String url() {
        return url;
    }

    /** The bearer token of who may do everything. */
    public String token() {
        return token;
    }

    /** The bearer token of who may look. */
    public String viewToken() {
        return viewToken;
    }

    /** A client of this server, shared; closed with it. */
    public KubernetesClient client() {
        return client;
    }

    @Override
    public void close() {
        client.close();
        drain.interrupt();
        server.shutdown();
    }
}
