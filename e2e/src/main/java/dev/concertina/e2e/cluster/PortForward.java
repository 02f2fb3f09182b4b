package dev.concertina.e2e.cluster;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code kubectl port-forward} to the gateway's Service, started again on the same port whenever it ends. */
final class PortForward implements AutoCloseable {
    private static final Duration AGAIN = Duration.ofMillis(500);
    /** Runs its arguments until they end or its standard input does, which happens when the launcher is killed. */
    private static final String TIED = "exec 3<&0; (cat <&3 >/dev/null; kill $$) & exec \"$@\" 3<&- </dev/null";

    private final Tool kubectl;
    private final int port;
    private final Thread thread;
    private volatile boolean closed;
    private volatile String lastWords = "it said nothing";

    private PortForward(Tool kubectl, int port) {
        this.kubectl = kubectl;
        this.port = port;
        this.thread = Thread.ofPlatform().daemon().name("port-forward").unstarted(this::run);
    }

    static PortForward start(Tool kubectl) throws ClusterException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            PortForward forward = new PortForward(kubectl, free.getLocalPort());
            forward.thread.start();
            return forward;
        } catch (IOException e) {
            throw new ClusterException("no free port for kubectl port-forward: " + e.getMessage(), e);
        }
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    String lastWords() {
        return lastWords;
    }

    private void run() {
        while (!closed) {
            try {
                Thread.sleep(AGAIN);
                forward();
            } catch (IOException e) {
                lastWords = String.valueOf(e.getMessage());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void forward() throws IOException, InterruptedException {
        Tool tied = new Tool("sh", List.of("sh", "-c", TIED, "sh"), kubectl.env());
        List<String> arguments = new ArrayList<>(kubectl.command());
        arguments.addAll(List.of(
                "port-forward",
                "-n",
                Settings.NAMESPACE,
                "service/" + Settings.RELEASE + "-gateway",
                port + ":8080",
                "--address",
                "127.0.0.1"));
        Process process = tied.start(arguments);
        Thread reader = Thread.ofPlatform().daemon().name("port-forward-output").start(() -> read(process));
        try {
            while (!closed && process.isAlive()) {
                process.waitFor(AGAIN.toMillis(), TimeUnit.MILLISECONDS);
            }
        } finally {
            process.destroy();
            process.getOutputStream().close();
            reader.join(Duration.ofSeconds(2));
        }
    }

    private void read(Process process) {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                lastWords = line;
            }
        } catch (IOException e) {
            lastWords = String.valueOf(e.getMessage());
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
