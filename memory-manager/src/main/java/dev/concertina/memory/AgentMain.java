package dev.concertina.memory;

import dev.concertina.memory.agent.Agent;
import dev.concertina.memory.agent.AgentSettings;
import dev.concertina.observe.Tracing;
import dev.concertina.wire.Lifetime;
import dev.concertina.wire.Logs;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.concurrent.CountDownLatch;

/** The node agent's process; its environment is listed in {@code docs/protocols.md}. */
public final class AgentMain {
    private AgentMain() {}

    public static void main(String[] arguments) throws InterruptedException {
        Lifetime.endWithParent();
        Lifetime.endWhenAThreadDies();
        Logs.toStandardOutput();
        try {
            AgentSettings settings = Settings.agent(System.getenv());
            Tracing tracing = Tracing.of(System.getenv(), "concertina-agent");
            Agent agent = Agent.start(settings, Token.fromEnvironment(), InstantSource.system(), AgentMain::id);
            agent.traced(tracing);
            System.out.println("agent ready node=" + settings.node() + " address=" + settings.address());
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
                try {
                    agent.close();
                } catch (IOException e) {
                    System.err.println("agent did not close cleanly: " + e.getMessage());
                }
                tracing.close();
            }));
            new CountDownLatch(1).await();
        } catch (IllegalArgumentException | IOException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    private static final SecureRandom RANDOM = new SecureRandom();

    private static String id() {
        byte[] bytes = new byte[8];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
