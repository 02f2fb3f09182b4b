package dev.concertina.e2e.cluster;

import dev.concertina.wire.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the user chose.
 *
 * @param home the project's folder
 * @param kubeconfig file that leads to the cluster
 * @param loadImages shell command that gets each image tar as its last argument; null when nodes have or pull them
 * @param images folder of the tars
 * @param helm program, or null for the one on the PATH
 * @param kubectl program, or null for the one on the PATH
 * @param modelsPath folder on each node that holds {@code shakespeare-moe}
 * @param requestsPerSecond of the load
 * @param report folder for the report
 * @param agentUpdate whether the agents are replaced under the load, at the first width of the walk
 * @param upgrade whether the chart is upgraded and rolled back under the load, at the first width of the walk
 * @param replace whether an installation of another run is removed first
 * @param keep whether everything stays installed at the end
 */
record Settings(
        Path home,
        Path kubeconfig,
        @Nullable String loadImages,
        Path images,
        @Nullable Path helm,
        @Nullable Path kubectl,
        String modelsPath,
        double requestsPerSecond,
        Path report,
        boolean agentUpdate,
        boolean upgrade,
        boolean replace,
        boolean keep) {
    /** Release, namespace and folder names: a run never touches an installation of the user's. */
    static final String RELEASE = "concertina";

    static final String NAMESPACE = "concertina-e2e";
    static final String AGENT_NAMESPACE = "concertina-e2e-nodes";
    static final String SOCKET_FOLDER = "/run/concertina/e2e";
    static final String SAMPLE = "shakespeare-moe";
    static final int MAX_WIDTH = 4;

    /** The model of the sample, on this machine. */
    Path model() {
        return home.resolve("deploy/models/" + SAMPLE);
    }

    /** Writes a value as JSON into the folder of the report. */
    void report(String name, Object value) throws ClusterException {
        Path file = report.resolve(name);
        try {
            Files.createDirectories(report);
            Json.mapper().writerWithDefaultPrettyPrinter().writeValue(file.toFile(), value);
        } catch (IOException e) {
            throw new ClusterException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }
}
