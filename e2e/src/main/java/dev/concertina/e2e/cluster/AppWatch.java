package dev.concertina.e2e.cluster;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentStatus;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks at an Application and at the deployment in it four times a second, on a thread of its own, and writes down what changes. Safe for many
 * threads.
 */
final class AppWatch implements AutoCloseable {
    private static final Duration LOOK = Duration.ofMillis(250);
    /** Argo CD hears of a change, judges, and writes its own status: longer than this and it is not so. */
    private static final double LAG_S = 6;

    /**
     * One look.
     *
     * @param atS seconds since the watch began
     */
    record Look(double atS, ArgoCd.State app, @Nullable MoEDeployment deployment) {
        @Nullable
        String operation() {
            MoEDeploymentStatus status = deployment == null ? null : deployment.getStatus();
            return status == null ? null : status.activeOperation();
        }

        int width() {
            MoEDeploymentStatus status = deployment == null ? null : deployment.getStatus();
            return status == null || status.effectiveWidth() == null ? 0 : status.effectiveWidth();
        }

        String brief() {
            return app.sync() + "/" + app.health();
        }
    }

    private final ArgoCd argoCd;
    private final Cluster cluster;
    private final String name;
    private final long started = System.nanoTime();
    private final Thread thread;
    private final List<Look> looks = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private double operatingSince = -1;

    AppWatch(ArgoCd argoCd, Cluster cluster, String name) {
        this.argoCd = argoCd;
        this.cluster = cluster;
        this.name = name;
        this.thread = Thread.ofPlatform().daemon().name("application").start(this::run);
    }

    private void run() {
        try {
            while (true) {
                try {
                    add(argoCd.state(name), cluster.deployment());
                } catch (KubernetesClientException e) {
                    // the API server is busy: the next look tells
                }
                Widths.pause(LOOK);
            }
        } catch (ClusterException e) {
            // interrupted: the run is over
        }
    }

    private synchronized void add(ArgoCd.State app, Optional<MoEDeployment> deployment) {
        Look look = new Look((System.nanoTime() - started) / 1e9, app, deployment.orElse(null));
        judge(look);
        looks.add(look);
    }

    /** An operation that has run for a while must show as Progressing. */
    private void judge(Look look) {
        if (look.operation() == null || !look.app().health().equals("Healthy")) {
            operatingSince = -1;
        } else if (operatingSince < 0) {
            operatingSince = look.atS();
        } else if (look.atS() - operatingSince > LAG_S) {
            problems.add(String.format(
                    Locale.ROOT, "Healthy for %.0f s while %s ran", look.atS() - operatingSince, look.operation()));
            operatingSince = look.atS();
        }
    }

    /** Number of looks so far: a mark to begin from. */
    synchronized int mark() {
        return looks.size();
    }

    /** The last look; empty before the first. */
    synchronized Optional<Look> last() {
        return looks.isEmpty() ? Optional.empty() : Optional.of(looks.getLast());
    }

    /** Sync and health since a mark, without repetitions that follow each other. */
    synchronized List<String> since(int mark) {
        List<String> seen = new ArrayList<>();
        for (Look look : looks.subList(mark, looks.size())) {
            if (seen.isEmpty() || !seen.getLast().equals(look.brief())) {
                seen.add(look.brief());
            }
        }
        return seen;
    }

    /** What was not as it should be, a sentence each. */
    synchronized List<String> problems() {
        return List.copyOf(problems);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
