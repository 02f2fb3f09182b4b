package dev.concertina.worker;

import dev.concertina.memory.client.MemoryClient;
import dev.concertina.observe.Tracing;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.Lifetime;
import dev.concertina.wire.Logs;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** The worker process; its environment is listed in {@code docs/protocols.md}. */
public final class WorkerMain {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long RETRY_MILLIS = 100;
    private static final int FENCED = 3;

    private WorkerMain() {}

    /** Runs until SIGTERM. Wrong settings, a taken port or a missing agent: one sentence on standard error and exit code 2. */
    public static void main(String[] arguments) throws InterruptedException {
        Lifetime.endWithParent();
        Lifetime.endWhenAThreadDies();
        Logs.toStandardOutput("org.apache.kafka");
        try {
            WorkerSettings settings = WorkerSettings.from(System.getenv());
            Token token = Token.fromEnvironment();
            Tracing tracing = Tracing.of(System.getenv(), "concertina-worker");
            Path socket = Path.of(WorkerSettings.need(System.getenv(), "CONCERTINA_AGENT_SOCKET"));
            MemoryClient memory = agent(socket);
            memory.whenFenced(reason -> {
                // its device may be another process's by now: not one byte more may be written to the KV pool
                System.err.println("worker ends: " + reason);
                Runtime.getRuntime().halt(FENCED);
            });
            Worker worker = Worker.start(settings, token, memory, tracing);
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
                try {
                    worker.close();
                } catch (IOException e) {
                    System.err.println("worker did not close cleanly: " + e.getMessage());
                }
                tracing.close();
            }));
            new CountDownLatch(1).await();
        } catch (IllegalArgumentException | IOException | ControlException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    /** Connects to the agent, which may be starting too. */
    private static MemoryClient agent(Path socket) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        boolean said = false;
        while (true) {
            try {
                return MemoryClient.connect(socket);
            } catch (IOException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw new IOException(
                            "no agent answers at " + socket + " (" + e.getMessage()
                                    + "); start the node's agent or correct CONCERTINA_AGENT_SOCKET",
                            e);
                }
                if (!said) {
                    said = true;
                    System.out.println("waiting for the agent socket=" + socket);
                }
                Thread.sleep(RETRY_MILLIS);
            }
        }
    }
}
