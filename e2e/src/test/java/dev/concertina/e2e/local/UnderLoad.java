package dev.concertina.e2e.local;

import dev.concertina.e2e.cli.DemoDeployment;
import dev.concertina.e2e.load.Corpus;
import dev.concertina.e2e.load.Schedule;
import dev.concertina.e2e.load.Trace;
import dev.concertina.e2e.report.RunFacts;
import dev.concertina.e2e.session.LoadSession;
import dev.concertina.e2e.session.Target;
import dev.concertina.e2e.session.Terminal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** A steady load on a local cluster's deployment, and who its operator is. */
public final class UnderLoad {
    private UnderLoad() {}

    /** Of ten minutes, unless it is finished before. */
    public static LoadSession session(LocalCluster cluster, Path model, double requestsPerSecond)
            throws StartupException {
        Target target = new Target(
                cluster.client(), cluster.namespace(), DemoDeployment.NAME, cluster.http(), DemoDeployment.NAME, model);
        List<Trace.Arrival> arrivals = IntStream.range(0, 6000)
                .mapToObj(i -> new Trace.Arrival(
                        Duration.ofMillis((long) (i * 1000 / requestsPerSecond)), 20 + 13 * i % 200, 10 + 7 * i % 90))
                .toList();
        Duration length = Duration.ofMinutes(10);
        Schedule schedule =
                Schedule.of(new Trace("steady", arrivals), Corpus.shakespeare(), 1, 1, length, 1024, new Random(7));
        RunFacts facts = new RunFacts("steady", 1, 1, length.toSeconds(), "", 5000, 1000, 0, 0, "test", null);
        return new LoadSession(target, schedule, facts, Terminal.standard(), InstantSource.system());
    }

    /** Plays it. */
    public static LoadSession.Result run(LoadSession session) {
        try {
            return session.run(() -> {});
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Process of the operator; -1 while there is none. */
    public static long operatorPid(LocalCluster cluster) {
        String id = cluster.client()
                .pods()
                .inNamespace("default")
                .withName("operator")
                .get()
                .getStatus()
                .getContainerStatuses()
                .getFirst()
                .getContainerID();
        return id == null ? -1 : Long.parseLong(id.replace("process://", ""));
    }
}
