package dev.concertina.memory.agent;

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
 * @param devices number of accelerators
 * @param deviceBytes memory of each
 * @param models folders below which models may lie
 * @param stagingBytesPerSecond cap on what staging moves, in and out; empty: none
 */
public record AgentSettings(
        Path runDir,
        String node,
        String host,
        int port,
        int devices,
        long deviceBytes,
        List<Path> models,
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
