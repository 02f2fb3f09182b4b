package dev.concertina.e2e.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What one wants to read when something failed: pods, events, objects and logs, as files. */
final class Diagnostics {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Tool kubectl;
    private final Path folder;

    Diagnostics(Tool kubectl, Path folder) {
        this.kubectl = kubectl;
        this.folder = folder;
    }

    /** Writes them. What cannot be read says so in its file. */
    void collect() throws ClusterException {
        try {
            Files.createDirectories(folder.resolve("logs"));
            write("pods.txt", "get", "pods,pvc", "-A", "-o", "wide");
            write("nodes.txt", "describe", "nodes");
            write("events.txt", "get", "events", "-A", "--sort-by=.lastTimestamp");
            write("objects.yaml", "get", "moed,scaleop,exp", "-A", "-o", "yaml");
            for (String namespace : List.of(Settings.NAMESPACE, Settings.AGENT_NAMESPACE)) {
                write("describe-" + namespace + ".txt", "describe", "pods", "-n", namespace);
                Tool.Outcome pods = kubectl.call(LIMIT, "get", "pods", "-n", namespace, "-o", "name");
                for (String pod : pods.succeeded() ? pods.output().lines().toList() : List.<String>of()) {
                    String name = pod.substring(pod.indexOf('/') + 1);
                    write("logs/" + name + ".log", "logs", "-n", namespace, pod);
                    Tool.Outcome before = kubectl.call(LIMIT, "logs", "-n", namespace, pod, "--previous");
                    if (before.succeeded()) {
                        Files.writeString(folder.resolve("logs/" + name + ".previous.log"), before.output());
                    }
                }
            }
        } catch (IOException e) {
            throw new ClusterException("cannot write to " + folder + ": " + e.getMessage(), e);
        }
    }

    private void write(String file, String... arguments) throws IOException, ClusterException {
        Files.writeString(folder.resolve(file), kubectl.call(LIMIT, arguments).output());
    }
}
