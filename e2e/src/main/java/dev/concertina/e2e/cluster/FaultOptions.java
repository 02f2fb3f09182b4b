package dev.concertina.e2e.cluster;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code e2e} that have to do with faults. */
final class FaultOptions {
    @Option(
            names = "--faults",
            description =
                    "Instead of the walk through the widths: a fault in each phase of scale-up and scale-down, under load.")
    private boolean faults;

    @Option(names = "--phase", paramLabel = "P", description = "Only in this phase, for example Staging.")
    private @Nullable String phase;

    @Option(names = "--fault", paramLabel = "F", description = "Only this fault, for example kill-worker.")
    private @Nullable String fault;

    @Option(
            names = "--pairs",
            paramLabel = "N",
            defaultValue = "0",
            description = "Only so many of them, drawn by the seed. Default: all.")
    private int pairs;

    @Option(
            names = "--soak",
            paramLabel = "TIME",
            description = "Instead of the matrix: random faults one after the other for so long, for example 30m.")
    private @Nullable String soak;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--cluster",
            paramLabel = "COMMAND",
            description = {
                "For --faults and --soak: the command of the machine that carries the cluster. It is called with: kill apiserver, start apiserver,"
                        + " partition N, heal N, shell N COMMAND, ctr N ARGUMENTS (containerd's client on node N, which is named nN)."
            })
    private @Nullable String cluster;

    @Option(names = "--json", paramLabel = "FILE", description = "The faults' results in the benchmarks' shape.")
    private @Nullable Path json;

    /** What was chosen; null when no faults are wanted. */
    @Nullable
    FaultSettings settings() throws ClusterException {
        if (!faults && soak == null) {
            return null;
        }
        if (cluster == null) {
            throw new ClusterException(
                    "--faults needs --cluster COMMAND, which kills and cuts what Kubernetes itself cannot; see --help");
        }
        if (pairs < 0) {
            throw new ClusterException("--pairs is " + pairs + "; give 0 for all, or how many");
        }
        return new FaultSettings(
                cluster,
                phase == null ? null : FaultsRun.phase(phase),
                fault == null ? null : Fault.of(fault),
                pairs,
                soak == null ? Duration.ZERO : duration(soak),
                seed,
                json == null ? null : json.toAbsolutePath());
    }

    private static Duration duration(String text) throws ClusterException {
        try {
            Duration duration =
                    io.fabric8.kubernetes.api.model.Duration.parse(text).getDuration();
            if (duration.isPositive()) {
                return duration;
            }
        } catch (java.text.ParseException | IllegalArgumentException e) {
            // said below
        }
        throw new ClusterException("--soak " + text + " is no time; give for example 30m");
    }
}
