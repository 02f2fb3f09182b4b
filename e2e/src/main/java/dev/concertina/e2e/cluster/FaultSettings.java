package dev.concertina.e2e.cluster;

import dev.concertina.crds.ScaleOperationStatus.Phase;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the user chose of the matrix.
 *
 * @param clusterCommand shell command of the machine that carries the cluster, see {@link FaultInjector}
 * @param phase only this one; null for all
 * @param fault only this one; null for all
 * @param pairs how many, drawn by the seed; 0 for all
 * @param soak random faults for so long; zero for the matrix
 * @param json file for the results in the benchmarks' shape, or null
 */
record FaultSettings(
        String clusterCommand,
        @Nullable Phase phase,
        @Nullable Fault fault,
        int pairs,
        Duration soak,
        long seed,
        @Nullable Path json) {}
