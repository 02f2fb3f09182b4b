package dev.concertina.e2e.cluster;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/**
 * The way from this machine to the gateway's Service: a port of the nodes where they can be reached, otherwise {@code kubectl port-forward}. Close
 * it when the load has ended.
 */
final class Entry implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final String address;
    private final Optional<PortForward> forward;

    private Entry(String address, Optional<PortForward> forward) {
        this.address = address;
        this.forward = forward;
    }

    static Entry open(Cluster cluster, Tool kubectl, Log log) throws ClusterException {
        Optional<String> direct = cluster.nodePort();
        if (direct.isPresent() && answers(direct.orElseThrow(), Duration.ofSeconds(10))) {
            log.say("gateway: " + direct.orElseThrow() + " (a port of the nodes)");
            return new Entry(direct.orElseThrow(), Optional.empty());
        }
        PortForward forward = PortForward.start(kubectl);
        if (!answers(forward.address(), LIMIT)) {
            String said = forward.lastWords();
            forward.close();
            throw new ClusterException("the gateway's Service cannot be reached, neither at "
                    + direct.orElse("a port of the nodes") + " nor with kubectl port-forward: " + said);
        }
        log.say("gateway: " + forward.address() + " (kubectl port-forward)");
        return new Entry(forward.address(), Optional.of(forward));
    }

    /** {@code host:port} of the OpenAI API. */
    String address() {
        return address;
    }

    private static boolean answers(String address, Duration limit) throws ClusterException {
        long deadline = System.nanoTime() + limit.toNanos();
        try (HttpClient http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(2))
                .build()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + address + "/healthz"))
                    .timeout(Duration.ofSeconds(3))
                    .build();
            while (System.nanoTime() < deadline) {
                try {
                    if (http.send(request, HttpResponse.BodyHandlers.discarding())
                                    .statusCode()
                            == 200) {
                        return true;
                    }
                } catch (IOException e) {
                    // not yet, or never: the deadline tells
                }
                Thread.sleep(250);
            }
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException("interrupted while looking for the gateway", e);
        }
    }

    @Override
    public void close() {
        forward.ifPresent(PortForward::close);
    }
}
