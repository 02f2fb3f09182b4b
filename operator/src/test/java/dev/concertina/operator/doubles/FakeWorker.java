package dev.concertina.operator.doubles;

import dev.concertina.wire.ControlException;
import dev.concertina.wire.ControlServer;
import dev.concertina.wire.EpochMap;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Token;
import dev.concertina.wire.Workers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Speaks the worker's control protocol; refuses to prepare a map whose objects its device does not hold. */
public final class FakeWorker implements AutoCloseable {
    private final String deployment;
    private final int rank;
    private final String incarnation;
    private final ControlServer server;
    private final TreeMap<Long, EpochMap> attached = new TreeMap<>();
    private final FakeFleet fleet;
    private long term;
    private long epoch;
    private boolean draining;
    private int sequences;
    private int device = -1;
    private volatile boolean hung;
    private FakeAgent agent;

    FakeWorker(String deployment, int rank, String incarnation, Token token, FakeFleet fleet) throws IOException {
        this.deployment = deployment;
        this.rank = rank;
        this.incarnation = incarnation;
        this.fleet = fleet;
        server = new ControlServer(new InetSocketAddress("127.0.0.1", 0), token, 1 << 20);
        server.on("GET /v1/state", exchange -> {
                    awaitAnswer();
                    return state();
                })
                .on("POST /v1/epochs/prepare", exchange -> prepare(server.body(exchange, Workers.Prepare.class)))
                .on("POST /v1/epochs/self-test", exchange -> selfTest(server.body(exchange, Workers.Epoch.class)))
                .on("POST /v1/epochs/commit", exchange -> commit(server.body(exchange, Workers.Epoch.class)))
                .on("POST /v1/epochs/retire", exchange -> retire(server.body(exchange, Workers.Epoch.class)))
                .on("POST /v1/epochs/withdraw", exchange -> withdraw(server.body(exchange, Workers.Epoch.class)))
                .on("POST /v1/drain", exchange -> drain(server.body(exchange, Workers.Drain.class)))
                .start();
    }

    String address() {
        return "127.0.0.1:" + server.port();
    }

    void joined(FakeAgent joined, int on) {
        agent = joined;
        device = on;
    }

    FakeAgent agent() {
        return agent;
    }

    public synchronized long epoch() {
        return epoch;
    }

    public synchronized void sequences(int count) {
        sequences = count;
    }

    private void fence(long commandTerm) {
        if (commandTerm < term) {
            throw new ControlException(412, "term " + commandTerm + " is lower than " + term);
        }
        term = commandTerm;
    }

    /** From now on it takes calls and answers none, as a hung process does. */
    public void hang() {
        hung = true;
    }

    private void awaitAnswer() {
        while (hung) {
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private synchronized Workers.State state() {
        if (draining && sequences > 0) {
            sequences--;
        }
        return new Workers.State(
                deployment,
                rank,
                device,
                incarnation,
                epoch,
                attached.keySet().stream().filter(e -> e > epoch).toList(),
                new ArrayList<>(attached.keySet()),
                draining,
                sequences,
                0,
                0,
                10,
                0,
                new long[0][]);
    }

    private synchronized Object prepare(Workers.Prepare prepare) {
        fence(prepare.term());
        EpochMap map = prepare.map();
        boolean member = map.ranks().stream().anyMatch(candidate -> candidate.rank() == rank);
        Set<ObjectId> objects = agent.objects(deployment, device);
        if (member) {
            check(objects.contains(ObjectId.DENSE) && objects.contains(ObjectId.KV), "dense or KV is not there");
            for (int layer = 0; layer < map.layers(); layer++) {
                for (int expert = 0; expert < map.experts(); expert++) {
                    check(
                            !map.holds(rank, layer, expert) || objects.contains(ObjectId.expert(layer, expert)),
                            "expert/" + layer + "/" + expert + " is not there");
                }
            }
        }
        attached.put(map.epoch(), map);
        return Map.of();
    }

    private static void check(boolean holds, String problem) {
        if (!holds) {
            throw new ControlException(409, problem);
        }
    }

    private synchronized Object selfTest(Workers.Epoch test) {
        fence(test.term());
        check(attached.containsKey(test.epoch()), "epoch " + test.epoch() + " is not prepared");
        return new Workers.SelfTest(test.epoch(), fleet.digest(rank), 0.001);
    }

    private synchronized Object commit(Workers.Epoch commit) {
        fence(commit.term());
        check(attached.containsKey(commit.epoch()), "epoch " + commit.epoch() + " is not prepared");
        check(commit.epoch() >= epoch, "epoch " + epoch + " is in use");
        fleet.beforeCommit(rank);
        epoch = commit.epoch();
        draining = false;
        return Map.of();
    }

    private synchronized Object retire(Workers.Epoch retire) {
        fence(retire.term());
        check(epoch >= retire.epoch(), "epoch " + epoch + " is in use");
        attached.headMap(retire.epoch()).clear();
        return Map.of();
    }

    private synchronized Object withdraw(Workers.Epoch withdraw) {
        fence(withdraw.term());
        check(epoch != withdraw.epoch(), "epoch " + epoch + " is in use");
        attached.remove(withdraw.epoch());
        return Map.of();
    }

    private synchronized Object drain(Workers.Drain drain) {
        fence(drain.term());
        draining = !drain.targets().isEmpty();
        return Map.of();
    }

    /** Epochs whose pages are mapped. */
    public synchronized List<Long> attached() {
        return new ArrayList<>(attached.keySet());
    }

    @Override
    public void close() {
        hung = false;
        server.close();
    }
}
