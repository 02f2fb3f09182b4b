package dev.concertina.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A bash with an environment of its own, in one folder. */
record Shell(Path folder, Map<String, String> environment) {
    /** How a script ended; 124 when it had to be ended. */
    record Outcome(int exitCode, String output) {}

    /** Runs a script that ends at its first failure. */
    Outcome run(String script, Duration limit) throws IOException, InterruptedException {
        Path out = Files.createTempFile("docs-command", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(List.of(
                            "timeout", String.valueOf(limit.toSeconds()), "bash", "-euo", "pipefail", "-c", script))
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile());
            builder.environment()
                    .keySet()
                    .removeIf(name -> name.startsWith("CONCERTINA_") || name.equals("KUBECONFIG"));
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().close();
            if (!process.waitFor(limit.toSeconds() + 20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            return new Outcome(process.waitFor(), Files.readString(out));
        } finally {
            Files.deleteIfExists(out);
        }
    }
}
