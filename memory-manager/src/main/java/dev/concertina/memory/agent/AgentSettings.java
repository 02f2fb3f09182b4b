package dev.concertina.memory.agent;

import dev.concertina.memory.backend.BackendChoice;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * What an agent must be told.
 *
 * @param runDir folder of {@code agent.sock} and {@code keeper.sock}
 * @param node node name
 * @param host address to listen on and to advertise
 * @param port control port
 * @param backend whose memory it owns
 * @param devices number of simulated accelerators; 0 where the driver counts them
 * @param deviceBytes memory of each; 0: what the driver says, less a part for contexts
 * @param models folders below which models may lie
 * @param attestor who says who joins
 * @param allowed who may map which model
 * @param stagingBytesPerSecond cap on what staging moves, in and out; empty: none
 */
public record AgentSettings(
        Path runDir,
        String node,
        String host,
        int port,
        BackendChoice backend,
        int devices,
        long deviceBytes,
        List<Path> models,
        Attestor attestor,
        AllowList allowed,
        OptionalLong stagingBytesPerSecond) {
    public static final int CONTROL_PORT = 7070;

    public AgentSettings {
        models = List.copyOf(models);
    }

    /** Where others reach this agent. */
    public String address() {
        return host + ":" + port;
    }
}
