package dev.concertina.memory.agent;

import dev.concertina.memory.client.ClientMessages.Attached;
import dev.concertina.memory.client.ClientMessages.Reply;
import dev.concertina.memory.client.ClientMessages.Request;
import dev.concertina.memory.client.JoinRequest;
import dev.concertina.memory.client.Joined;
import dev.concertina.memory.libc.UnixSockets;
import dev.concertina.memory.model.ModelDescription;
import dev.concertina.memory.socket.Frame;
import dev.concertina.memory.socket.FrameSocket;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One client's connection: its end, however it comes, is the end of the client's leases. For the connection's own thread. */
final class ClientSession {
    private static final System.Logger LOG = System.getLogger(ClientSession.class.getName());

    /** Objects of one frame: few enough that the client maps them while the next frame is made. */
    private static final int FRAME_OBJECTS = 16;

    private final Memory memory;
    private final KvMover kv;
    private final AgentSettings settings;
    private final List<@Nullable String> uuids;
    private final AgentMetrics metrics;
    private final FrameSocket socket;
    private final Set<ObjectKey> leased = new HashSet<>();
    private @Nullable Binding binding;
    private Attestor.@Nullable Identity identity;

    ClientSession(
            Memory memory,
            KvMover kv,
            AgentSettings settings,
            List<@Nullable String> uuids,
            AgentMetrics metrics,
            FrameSocket socket) {
        this.memory = memory;
        this.kv = kv;
        this.settings = settings;
        this.uuids = uuids;
        this.metrics = metrics;
        this.socket = socket;
    }

    /** Serves until the client ends. */
    void serve() throws IOException {
        try {
            for (Frame frame = socket.receive(); frame != null; frame = socket.receive()) {
                frame.closeFds(); // clients have none to give
                Request request = frame.as(Request.class);
                if (request.operation() == null) {
                    throw new IllegalArgumentException("a request without an operation");
                }
                long start = System.nanoTime();
                try {
                    answer(request);
                    metrics.took(request.operation().name().toLowerCase(Locale.ROOT), System.nanoTime() - start);
                } catch (ControlException e) {
                    metrics.refused(e.status());
                    socket.send(Reply.refused(e.status(), String.valueOf(e.getMessage())));
                } catch (IllegalArgumentException e) {
                    metrics.refused(400);
                    socket.send(Reply.refused(400, String.valueOf(e.getMessage())));
                }
            }
        } finally {
            end();
        }
    }

    private void end() {
        memory.store().unlease(leased);
        if (binding != null) {
            memory.members().left(binding);
            memory.persistMembers();
            LOG.log(
                    System.Logger.Level.INFO,
                    "client gone deployment={0} rank={1} device={2} leases={3}",
                    binding.deployment(),
                    binding.rank(),
                    binding.device(),
                    leased.size());
        }
    }

    private void answer(Request request) throws IOException {
        switch (request.operation()) {
            case JOIN -> socket.send(join(request));
            case MODEL -> socket.send(model());
            case ATTACH -> attach(objects(request));
            case DETACH -> socket.send(detach(objects(request)));
            case COPY_KV -> socket.send(copyKv(request));
        }
    }

    private static List<ObjectId> objects(Request request) {
        return request.objects() == null ? List.of() : request.objects();
    }

    private Reply join(Request request) throws IOException {
        JoinRequest join = request.join();
        if (join == null || join.deployment() == null || join.pod() == null || join.rank() < 0) {
            throw new ControlException(400, "a join names deployment, rank and pod");
        }
        if (binding != null) {
            throw new ControlException(409, "this connection has joined already");
        }
        UnixSockets.Peer peer = socket.peer();
        Attestor.Identity who = settings.attestor().attest(peer, join);
        settings.allowed().check(who, memory.store().model(join.deployment()));
        identity = who;
        Binding joined = memory.members().join(join, request.incarnation());
        binding = joined;
        for (ObjectId object : objects(request)) {
            ObjectKey key = new ObjectKey(joined.deployment(), object, joined.device());
            if (!leased.contains(key) && memory.store().leaseAgain(key)) {
                leased.add(key);
            }
        }
        memory.persistMembers();
        LOG.log(
                System.Logger.Level.INFO,
                "client joined deployment={0} rank={1} device={2} pod={3} incarnation={4} who=\"{5}\" leases={6}",
                joined.deployment(),
                joined.rank(),
                joined.device(),
                joined.pod(),
                joined.incarnation(),
                who.name(),
                leased.size());
        return new Reply(
                200,
                null,
                new Joined(joined.device(), joined.incarnation(), settings.node(), uuids.get(joined.device())),
                null,
                null,
                false);
    }

    private Binding joined() {
        if (binding == null) {
            throw new ControlException(409, "join first");
        }
        return binding;
    }

    /** The binding, when its process may map the model: models come and change after a process has joined. */
    private Binding permitted() {
        Binding me = joined();
        if (identity != null) {
            settings.allowed().check(identity, memory.store().model(me.deployment()));
        }
        return me;
    }

    private Reply model() {
        ModelDescription description = memory.model(permitted().deployment());
        if (description == null) {
            throw new ControlException(404, "no model of " + joined().deployment() + " has been staged on this node");
        }
        return new Reply(200, null, null, description, null, false);
    }

    private void attach(List<ObjectId> objects) throws IOException {
        Binding me = permitted();
        List<ObjectKey> keys = objects.stream()
                .distinct()
                .map(object -> new ObjectKey(me.deployment(), object, me.device()))
                .toList();
        // a lease counts once, though a client may ask for the descriptor again
        List<SegmentStore.Lent> lent = memory.store().lease(keys);
        memory.store().unlease(keys.stream().filter(leased::contains).toList());
        leased.addAll(keys);
        int at = 0;
        do {
            List<SegmentStore.Lent> some = lent.subList(at, Math.min(lent.size(), at + FRAME_OBJECTS));
            at += some.size();
            List<Attached> attached = some.stream()
                    .map(SegmentStore.Lent::note)
                    .map(note -> new Attached(note.object(), note.bytes(), note.committedBytes()))
                    .toList();
            socket.send(
                    new Reply(200, null, null, null, attached, at < lent.size()),
                    some.stream().mapToInt(SegmentStore.Lent::fd).toArray());
        } while (at < lent.size());
    }

    private Reply detach(List<ObjectId> objects) {
        Binding me = joined();
        List<ObjectKey> keys = objects.stream()
                .distinct()
                .map(object -> new ObjectKey(me.deployment(), object, me.device()))
                .filter(leased::contains)
                .toList();
        memory.store().unlease(keys);
        keys.forEach(leased::remove);
        return Reply.ok();
    }

    private Reply copyKv(Request request) throws IOException {
        try {
            kv.copy(
                    permitted(),
                    Objects.requireNonNullElse(request.copies(), List.of()),
                    Objects.requireNonNullElse(request.targetAgent(), ""),
                    request.targetDevice());
            return Reply.ok();
        } catch (IOException e) {
            // the copy failed, not this connection
            return Reply.refused(502, "the KV copy failed: " + e.getMessage());
        }
    }
}
