package dev.concertina.e2e.inspect;

import dev.concertina.wire.Agents;
import dev.concertina.wire.ControlClient;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.Token;
import dev.concertina.wire.Workers;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Asks one agent, and the workers that have joined it. */
final class MemoryReader implements AutoCloseable {
    private static final Duration ANSWER = Duration.ofSeconds(5);

    private final ControlClient client;

    /** How a pod's control address is reached from here. */
    @FunctionalInterface
    interface Way {
        /** An address that works from here; {@code pod} is {@code namespace/name}. */
        String to(String pod, String address) throws IOException;
    }

    MemoryReader(Token token) {
        client = new ControlClient(token, Duration.ofSeconds(2));
    }

    /** What an agent and its ranks say; never throws for one that does not answer. */
    NodeMemory read(String pod, String agent, Way way) {
        Agents.State state;
        try {
            state = client.get(way.to(pod, agent), "/v1/state", Agents.State.class, ANSWER);
        } catch (IOException | ControlException e) {
            return new NodeMemory(agent, null, Map.of(), String.valueOf(e.getMessage()));
        }
        Map<String, Long> epochs = new HashMap<>();
        for (Agents.Member member : state.members()) {
            if (member.live()) {
                String namespace = member.deployment()
                        .substring(0, Math.max(0, member.deployment().indexOf('/')));
                try {
                    String address = way.to(namespace + "/" + member.pod(), member.controlAddress());
                    epochs.put(
                            NodeMemory.key(member),
                            client.get(address, "/v1/state", Workers.State.class, ANSWER)
                                    .epoch());
                } catch (IOException | ControlException e) {
                    // shown as unknown: a worker that starts or ends has none
                }
            }
        }
        return new NodeMemory(agent, state, epochs, null);
    }

    @Override
    public void close() {
        client.close();
    }
}
