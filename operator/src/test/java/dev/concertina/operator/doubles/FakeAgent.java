package dev.concertina.operator.doubles;

import dev.concertina.wire.Agents;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ControlServer;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.assertj.core.api.Assertions;

/** Speaks the agent's control protocol over an imagined memory; copies need a live source, frees need unmapped objects. */
public final class FakeAgent implements AutoCloseable {
    public static final int LAYERS = 3;
    public static final int EXPERTS = 8;
    public static final long DENSE_BYTES = 1_000;
    public static final long EXPERT_BYTES = 100;
    private static final long GRANULE = 2L << 20;
    /** All of the model fits on one device, and half of it does not fit twice. */
    private static final long CAPACITY = 54L << 20;

    private final String node;
    private final int devices;
    private final ControlServer server;
    private final Supplier<List<FakeAgent>> all;
    private final Map<Integer, Map<String, Set<ObjectId>>> memory = new TreeMap<>();
    private final Map<String, Agents.Member> members = new TreeMap<>();
    private final Map<String, Agents.StageStatus> stagings = new ConcurrentHashMap<>();
    private final Map<String, List<ObjectId>> staged = new HashMap<>();
    private long term;
    private volatile boolean failNextStage;
    private volatile long stageMillis = 20;
    private final Map<Integer, Long> stageMillisOf = new ConcurrentHashMap<>();

    public FakeAgent(String node, int devices, Token token, Supplier<List<FakeAgent>> all) throws IOException {
        this.node = node;
        this.devices = devices;
        this.all = all;
        for (int device = 0; device < devices; device++) {
            memory.put(device, new HashMap<>());
        }
        server = new ControlServer(new InetSocketAddress("127.0.0.1", 0), token, 1 << 20);
        server.on("GET /v1/state", exchange -> state())
                .on("GET /v1/model", exchange -> model(ControlServer.query(exchange, "path")))
                .on("POST /v1/stage", exchange -> stage(server.body(exchange, Agents.Stage.class)))
                .on(
                        "GET /v1/stage",
                        exchange -> status(
                                ControlServer.query(exchange, "operation"), ControlServer.query(exchange, "device")))
                .on("POST /v1/cancel", exchange -> cancel(server.body(exchange, Agents.Cancel.class)))
                .on("POST /v1/free", exchange -> free(server.body(exchange, Agents.Free.class)))
                .on("POST /v1/release", exchange -> release(server.body(exchange, Agents.Release.class)))
                .start();
    }

    public int port() {
        return server.port();
    }

    public String address() {
        return "127.0.0.1:" + port();
    }

    public String node() {
        return node;
    }

    public void failNextStage(boolean fail) {
        failNextStage = fail;
    }

    public void stageMillis(long millis) {
        stageMillis = millis;
    }

    /** The same for one device alone. */
    public void stageMillis(int device, long millis) {
        stageMillisOf.put(device, millis);
    }

    private void fence(long commandTerm) {
        if (commandTerm < term) {
            throw new ControlException(412, "term " + commandTerm + " is lower than " + term);
        }
        term = commandTerm;
    }

    public synchronized Agents.State state() {
        List<Agents.Device> list = new ArrayList<>();
        List<Agents.Segment> segments = new ArrayList<>();
        memory.forEach((device, owners) -> {
            long used = 0;
            for (Map.Entry<String, Set<ObjectId>> owner : owners.entrySet()) {
                for (ObjectId object : owner.getValue()) {
                    long bytes = bytes(object);
                    long committed = (bytes + GRANULE - 1) / GRANULE * GRANULE;
                    used += committed;
                    segments.add(new Agents.Segment(
                            node + device + object, owner.getKey(), object, device, bytes, committed, 1, 0, "op"));
                }
            }
            list.add(new Agents.Device(device, CAPACITY, used, used, null, null));
        });
        return new Agents.State(node, term, list, segments, List.copyOf(members.values()));
    }

    private static long bytes(ObjectId object) {
        return switch (object.kind()) {
            case DENSE -> DENSE_BYTES;
            case EXPERT -> EXPERT_BYTES;
            case KV -> 1 << 20;
        };
    }

    private static Agents.Model model(String path) {
        if (path.contains("missing")) {
            throw new ControlException(404, "there is no folder " + path);
        }
        if (path.contains("broken")) {
            throw new ControlException(400, path + "/model.safetensors is truncated; copy it again");
        }
        return new Agents.Model(LAYERS, EXPERTS, 2, DENSE_BYTES, EXPERT_BYTES, 512);
    }

    /** A worker process joins; null when no device is free. */
    public synchronized Agents.Member join(
            String deployment, int rank, String pod, String incarnation, String control) {
        String key = deployment + "#" + rank;
        Agents.Member before = members.get(key);
        int device = -1;
        if (before != null) {
            device = before.device();
        } else {
            for (int candidate = 0; candidate < devices && device < 0; candidate++) {
                int free = candidate;
                if (members.values().stream().noneMatch(member -> member.device() == free)) {
                    device = candidate;
                }
            }
        }
        if (device < 0) {
            return null;
        }
        Agents.Member member =
                new Agents.Member(deployment, rank, device, pod, incarnation, control, "127.0.0.1:1", true);
        members.put(key, member);
        return member;
    }

    public synchronized void leave(String deployment, int rank) {
        members.computeIfPresent(
                deployment + "#" + rank,
                (key, member) -> new Agents.Member(
                        deployment,
                        rank,
                        member.device(),
                        member.pod(),
                        member.incarnation(),
                        member.controlAddress(),
                        member.exchangeAddress(),
                        false));
    }

    public synchronized boolean bound(String deployment, int rank) {
        return members.containsKey(deployment + "#" + rank);
    }

    public synchronized Set<ObjectId> objects(String deployment, int device) {
        return new TreeSet<>(memory.get(device).getOrDefault(deployment, Set.of()));
    }

    private synchronized Agents.StageStatus stage(Agents.Stage stage) {
        fence(stage.term());
        String key = stage.operation() + "#" + stage.device();
        Agents.StageStatus known = stagings.get(key);
        if (known != null) {
            return known;
        }
        Agents.StageStatus running = new Agents.StageStatus(
                stage.operation(),
                stage.device(),
                Agents.StageState.RUNNING,
                0,
                stage.steps().size(),
                0,
                0,
                0,
                null);
        stagings.put(key, running);
        boolean fail = failNextStage;
        failNextStage = false;
        Thread.ofVirtual().start(() -> work(key, stage, fail));
        return running;
    }

    private void work(String key, Agents.Stage stage, boolean fail) {
        long millis = stageMillisOf.getOrDefault(stage.device(), stageMillis);
        try {
            Thread.sleep(millis / 2);
            halfWay(key, stage);
            Thread.sleep(millis - millis / 2);
        } catch (InterruptedException e) {
            return;
        }
        String error = fail ? "checksum of expert/0/0 does not match" : missingSource(stage);
        synchronized (this) {
            if (stagings.get(key) == null || stagings.get(key).state() == Agents.StageState.CANCELLED) {
                return;
            }
            long copied = 0;
            long loaded = 0;
            if (error == null) {
                Set<ObjectId> mine =
                        memory.get(stage.device()).computeIfAbsent(stage.deployment(), owner -> new TreeSet<>());
                for (Agents.Step step : stage.steps()) {
                    if (mine.add(step.object())) {
                        staged.computeIfAbsent(key, k -> new ArrayList<>()).add(step.object());
                        if (step.source() == null) {
                            loaded += bytes(step.object());
                        } else {
                            copied += bytes(step.object());
                        }
                    }
                }
                if (stage.kvBytes() > 0) {
                    mine.add(ObjectId.KV);
                }
            }
            stagings.put(
                    key,
                    new Agents.StageStatus(
                            stage.operation(),
                            stage.device(),
                            error == null ? Agents.StageState.DONE : Agents.StageState.FAILED,
                            stage.steps().size(),
                            stage.steps().size(),
                            copied,
                            loaded,
                            5_000,
                            error));
        }
    }

    /** Half of the steps are done, as far as the status says. */
    private void halfWay(String key, Agents.Stage stage) {
        int half = stage.steps().size() / 2;
        long[] moved = new long[2];
        for (Agents.Step step : stage.steps().subList(0, half)) {
            moved[step.source() == null ? 1 : 0] += bytes(step.object());
        }
        long total =
                stage.steps().stream().mapToLong(step -> bytes(step.object())).sum();
        stagings.computeIfPresent(
                key,
                (name, status) -> status.state() != Agents.StageState.RUNNING
                        ? status
                        : new Agents.StageStatus(
                                stage.operation(),
                                stage.device(),
                                Agents.StageState.RUNNING,
                                half,
                                stage.steps().size(),
                                moved[0],
                                moved[1],
                                0,
                                moved[0] + moved[1],
                                total,
                                null));
    }

    private String missingSource(Agents.Stage stage) {
        for (Agents.Step step : stage.steps()) {
            Agents.Source source = step.source();
            if (source != null
                    && all.get().stream()
                            .noneMatch(agent -> agent.address().equals(source.agentAddress())
                                    && agent.objects(stage.deployment(), source.device())
                                            .contains(step.object()))) {
                return "no " + step.object() + " at " + source;
            }
        }
        return null;
    }

    private Agents.StageStatus status(String operation, String device) {
        Agents.StageStatus status = stagings.get(operation + "#" + device);
        if (status == null) {
            throw new ControlException(404, "no staging " + operation + " on device " + device);
        }
        return status;
    }

    private synchronized Object cancel(Agents.Cancel cancel) {
        fence(cancel.term());
        for (var entry : stagings.entrySet()) { // a rank maps its dense weights for as long as it lives
            if (entry.getKey().startsWith(cancel.operation() + "#")
                    && staged.getOrDefault(entry.getKey(), List.of()).contains(ObjectId.DENSE)
                    && members.values().stream()
                            .anyMatch(member -> member.live()
                                    && member.device() == entry.getValue().device())) {
                throw new ControlException(409, "1 objects are mapped by processes");
            }
        }
        stagings.replaceAll((key, status) -> {
            if (!key.startsWith(cancel.operation() + "#")) {
                return status;
            }
            Set<ObjectId> mine = memory.get(status.device()).getOrDefault(cancel.deployment(), new TreeSet<>());
            staged.getOrDefault(key, List.of()).forEach(mine::remove);
            return new Agents.StageStatus(
                    status.operation(), status.device(), Agents.StageState.CANCELLED, 0, 0, 0, 0, 0, "cancelled");
        });
        return Map.of();
    }

    private synchronized Object free(Agents.Free free) {
        fence(free.term());
        free.objects().forEach(memory.get(free.device()).getOrDefault(free.deployment(), new TreeSet<>())::remove);
        return Map.of();
    }

    private synchronized Object release(Agents.Release release) {
        fence(release.term());
        Agents.Member member = members.get(release.deployment() + "#" + release.rank());
        if (member != null) {
            if (member.live()) {
                throw new ControlException(409, "the process of rank " + release.rank() + " lives");
            }
            members.remove(release.deployment() + "#" + release.rank());
            memory.get(member.device()).remove(release.deployment());
        }
        return Map.of();
    }

    /** For assertions. */
    public void holdsExactly(String deployment, int device, Set<ObjectId> objects) {
        Set<ObjectId> mine = objects(deployment, device);
        mine.remove(ObjectId.KV);
        Assertions.assertThat(mine).isEqualTo(new TreeSet<>(objects));
    }

    @Override
    public void close() {
        server.close();
    }
}
