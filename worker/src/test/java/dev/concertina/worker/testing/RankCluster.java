package dev.concertina.worker.testing;

import dev.concertina.wire.ControlClient;
import dev.concertina.wire.EpochMap;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Token;
import dev.concertina.wire.Workers;
import dev.concertina.worker.Worker;
import dev.concertina.worker.WorkerSettings;
import dev.concertina.worker.engine.Pace;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Whole workers, several in this process on loopback ports, driven through their HTTP API as an operator would. */
public final class RankCluster implements AutoCloseable {
    public static final String DEPLOYMENT = "test/shakespeare";
    private static final Duration CALL = Duration.ofSeconds(20);

    public final Token token = new Token("a-token-for-tests-only");
    public final ControlClient control = new ControlClient(token, Duration.ofSeconds(2));
    public final InProcessMemory memory = new InProcessMemory();
    public final Map<Integer, Worker> workers = new TreeMap<>();
    public EpochMap current;
    private final Pace pace;

    public RankCluster(Pace pace) {
        this.pace = pace;
    }

    public Worker start(int rank) throws IOException {
        WorkerSettings settings = new WorkerSettings(
                "127.0.0.1", 0, 0, DEPLOYMENT, rank, "pod-" + rank, pace, null, "concertina.traffic", null);
        Worker worker = Worker.start(settings, token, memory.client());
        workers.put(rank, worker);
        return worker;
    }

    public Rank rank(int number) {
        return workers.get(number).asRank("nowhere:1");
    }

    /** A map over these ranks, started if they are not running. */
    public EpochMap map(long epoch, List<Integer> ranks, boolean blocks) throws IOException {
        for (int rank : ranks) {
            if (!workers.containsKey(rank)) {
                start(rank);
            }
        }
        return new EpochMap(
                DEPLOYMENT, epoch, ranks.stream().map(this::rank).toList(), TokenClient.placement(ranks, blocks));
    }

    /** Stages what a map needs, then prepares, tests and commits it everywhere; afterwards retires the former and returns the digests seen. */
    public Set<String> moveTo(EpochMap map) throws IOException {
        TreeSet<Integer> involved =
                new TreeSet<>(map.ranks().stream().map(Rank::rank).toList());
        for (int rank : involved) {
            Set<ObjectId> objects = new HashSet<>(Set.of(ObjectId.DENSE));
            for (int layer = 0; layer < map.layers(); layer++) {
                for (int expert = 0; expert < map.experts(); expert++) {
                    if (map.holds(rank, layer, expert)) {
                        objects.add(ObjectId.expert(layer, expert));
                    }
                }
            }
            memory.stage(rank, objects, 64L << 20);
        }
        if (current != null) {
            current.ranks().forEach(rank -> involved.add(rank.rank()));
        }
        for (int rank : involved) {
            post(rank, "/v1/epochs/prepare", new Workers.Prepare(1, map));
        }
        Set<String> digests = new HashSet<>();
        for (int rank : involved) {
            digests.add(control.post(
                            address(rank),
                            "/v1/epochs/self-test",
                            new Workers.Epoch(1, map.epoch()),
                            Workers.SelfTest.class,
                            CALL)
                    .digest());
        }
        for (int rank : involved) {
            post(rank, "/v1/epochs/commit", new Workers.Epoch(1, map.epoch()));
        }
        current = map;
        return digests;
    }

    public void retire(long epoch) throws IOException {
        for (int rank : new ArrayList<>(workers.keySet())) {
            post(rank, "/v1/epochs/retire", new Workers.Epoch(1, epoch));
        }
    }

    public void post(int rank, String path, Object body) throws IOException {
        control.post(address(rank), path, body, CALL);
    }

    public Workers.State state(int rank) throws IOException {
        return control.get(address(rank), "/v1/state", Workers.State.class, CALL);
    }

    public String address(int rank) {
        return workers.get(rank).controlAddress();
    }

    public void stop(int rank) throws IOException {
        workers.remove(rank).close();
    }

    @Override
    public void close() throws IOException {
        for (int rank : List.copyOf(workers.keySet())) {
            stop(rank);
        }
        control.close();
    }
}
