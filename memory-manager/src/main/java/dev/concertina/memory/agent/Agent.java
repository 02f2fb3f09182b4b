package dev.concertina.memory.agent;

import dev.concertina.memory.model.ModelRoots;
import dev.concertina.memory.socket.FrameServer;
import dev.concertina.memory.socket.FrameSocket;
import dev.concertina.observe.Tracing;
import dev.concertina.wire.ControlServer;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.function.Supplier;

/** A running agent: adopts from the keeper, then listens for commands and clients. */
public final class Agent implements AutoCloseable {
    private static final long MAX_BODY_BYTES = 16L << 20;

    private final Memory memory;
    private final Movement movement;
    private final ControlServer control;
    private final FrameServer.Handler client;
    private final FrameServer clients;

    private Agent(
            Memory memory, Movement movement, ControlServer control, FrameServer.Handler client, FrameServer clients) {
        this.memory = memory;
        this.movement = movement;
        this.control = control;
        this.client = client;
        this.clients = clients;
    }

    /**
     * Starts; waits for the keeper as long as it takes.
     *
     * @param ids unique names for segments and incarnations
     * @throws IOException in one sentence, when a port or socket cannot be bound
     */
    public static Agent start(AgentSettings settings, Token token, InstantSource clock, Supplier<String> ids)
            throws IOException, InterruptedException {
        Files.createDirectories(settings.runDir());
        ModelRoots roots = new ModelRoots(settings.models());
        NodeMemory node = NodeMemory.open(settings);
        int devices = node.capacity().devices();
        SegmentStore store = new SegmentStore(node.mapped(), node.capacity());
        AgentMetrics metrics = new AgentMetrics();
        Memory memory = new Memory(
                store,
                node.capacity(),
                new Members(devices, clock, ids),
                new KeeperLink.Connection(settings.runDir().resolve("keeper.sock"), metrics));
        ControlServer control =
                new ControlServer(new InetSocketAddress(settings.host(), settings.port()), token, MAX_BODY_BYTES);
        try {
            memory.adopt();
            Movement movement = Movement.open(settings, token, memory, roots, ids);
            new AgentApi(settings.node(), node.uuids(), memory, movement.stager(), metrics, control).routes();
            FrameServer.Handler client = connection ->
                    new ClientSession(memory, movement.kv(), settings, node.uuids(), metrics, connection).serve();
            FrameServer clients = new FrameServer(
                    settings.runDir().resolve("agent.sock"),
                    "rw-rw-rw-", // workers run as users of their own; the folder decides who gets here
                    client);
            control.start();
            return new Agent(memory, movement, control, client, clients);
        } catch (IOException | InterruptedException | RuntimeException e) {
            control.close();
            memory.close();
            throw e;
        }
    }

    /** Serves one client's connection until its end, on its own thread. */
    void serve(FrameSocket connection) throws IOException {
        client.serve(connection);
    }

    /** Records a span for each command that comes with trace context. */
    public void traced(Tracing tracing) {
        control.traced(tracing);
    }

    @Override
    public void close() throws IOException {
        control.close();
        movement.close();
        clients.close();
        memory.close();
    }
}
