package dev.concertina.e2e.inspect;

import dev.concertina.wire.Agents;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One node's memory at one moment.
 *
 * @param agent {@code host:port} of its agent, as the node advertises it
 * @param state what the agent says; null when it does not answer
 * @param epochs epoch in use by each live rank, by {@code deployment#rank}; ranks that do not answer are left out
 * @param problem why there is no state; null when there is one
 */
public record NodeMemory(
        String agent,
        Agents.@Nullable State state,
        Map<String, Long> epochs,
        @Nullable String problem) {
    public NodeMemory {
        epochs = Map.copyOf(epochs);
    }

    static String key(Agents.Member member) {
        return member.deployment() + "#" + member.rank();
    }
}
