package dev.concertina.memory.agent;

import dev.concertina.memory.model.ModelRoots;
import dev.concertina.memory.mover.Bandwidth;
import dev.concertina.memory.mover.TcpTransport;
import dev.concertina.memory.mover.TransferServer;
import dev.concertina.memory.mover.Transport;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.Supplier;

/** All that moves bytes on this node: staging, KV hand-overs, and the data port, the one after the control port. */
final class Movement implements AutoCloseable {
    private final Transport transport;
    private final Stager stager;
    private final KvMover kv;
    private final TransferServer server;

    private Movement(Transport transport, Stager stager, KvMover kv, TransferServer server) {
        this.transport = transport;
        this.stager = stager;
        this.kv = kv;
        this.server = server;
    }

    /**
     * Ends what the agent before this one had begun, then listens.
     *
     * @throws IOException in one sentence, when the data port cannot be bound
     */
    static Movement open(AgentSettings settings, Token token, Memory memory, ModelRoots roots, Supplier<String> ids)
            throws IOException {
        Bandwidth bandwidth = new Bandwidth(settings.stagingBytesPerSecond());
        Transport transport = new TcpTransport(token, bandwidth);
        KvMover kv = new KvMover(memory, transport, bandwidth, settings.address());
        kv.settle();
        TransferServer server = new TransferServer(
                new InetSocketAddress(settings.host(), settings.port() + 1),
                token,
                bandwidth,
                (deployment, object, device) -> memory.store().open(new ObjectKey(deployment, object, device)),
                kv::claim);
        Mover mover = new Mover(memory.store(), transport, bandwidth, settings.address());
        return new Movement(transport, new Stager(memory, mover, roots, ids), kv, server);
    }

    Stager stager() {
        return stager;
    }

    KvMover kv() {
        return kv;
    }

    @Override
    public void close() throws IOException {
        stager.close();
        server.close();
        transport.close();
    }
}
