package dev.concertina.e2e.cluster;

import dev.concertina.e2e.load.Corpus;
import dev.concertina.e2e.load.Schedule;
import dev.concertina.e2e.load.Trace;
import dev.concertina.e2e.report.RunFacts;
import dev.concertina.e2e.session.LoadSession;
import dev.concertina.e2e.session.Target;
import dev.concertina.e2e.session.Terminal;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** The load, and what is done under it on a thread of its own. Used once. */
final class Walk {
    /** The model's context, prompt and answer together. */
    private static final int CONTEXT = 1024;

    private static final long SEED = 1;
    private static final Duration LAST_ANSWERS = Duration.ofMinutes(4);

    private final Errand errand;
    private volatile @Nullable ClusterException problem;
    private volatile long endedNanos;

    Walk(Errand errand) {
        this.errand = errand;
    }

    /** What is done under the load. */
    @FunctionalInterface
    interface Errand {
        void run() throws ClusterException;
    }

    /** Why the errand did not come to its end; null when it did. */
    @Nullable
    ClusterException problem() {
        return problem;
    }

    /**
     * Loads, runs the errand, and checks the tokens.
     *
     * @throws ClusterException when answers stay away or the cluster is gone
     */
    LoadSession.Result run(Target target, Sample sample, double requestsPerSecond, Terminal terminal)
            throws ClusterException {
        Random random = new Random(SEED);
        Trace trace = SteadyLoad.of(requestsPerSecond, random);
        Schedule schedule = Schedule.of(trace, Corpus.shakespeare(), 1, 1, SteadyLoad.LENGTH, CONTEXT, random);
        RunFacts facts = new RunFacts(
                trace.name(),
                1,
                1,
                SteadyLoad.LENGTH.toSeconds(),
                sample.pace(),
                sample.ttftMs(),
                sample.tpotMs(),
                schedule.clamped(),
                0,
                Runtime.getRuntime().availableProcessors() + " cores, real cluster, Java "
                        + Runtime.version().feature(),
                null);
        LoadSession session = new LoadSession(target, schedule, facts, terminal, InstantSource.system());
        Thread walker = Thread.ofPlatform().daemon().name("walk").start(() -> walk(session));
        try {
            return session.run(this::check);
        } catch (IOException e) {
            throw new ClusterException(String.valueOf(e.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClusterException("interrupted while the load ran", e);
        } finally {
            walker.interrupt();
        }
    }

    private void walk(LoadSession session) {
        try {
            errand.run();
        } catch (ClusterException e) {
            problem = e;
        } catch (RuntimeException e) {
            problem = new ClusterException("what was done under the load broke off: " + e, e);
        } finally {
            endedNanos = System.nanoTime();
            session.finish();
        }
    }

    private void check() throws IOException {
        long ended = endedNanos;
        if (ended != 0 && System.nanoTime() - ended > LAST_ANSWERS.toNanos()) {
            throw new IOException("requests still run " + LAST_ANSWERS.toSeconds()
                    + " s after the last was sent; see the logs of the gateway and the workers");
        }
    }
}
