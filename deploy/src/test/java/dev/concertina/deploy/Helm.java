package dev.concertina.deploy;

import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Runs the helm that is on the PATH. */
record Helm(Path program) {
    static final Path CHART = Path.of("charts/concertina");

    /** What helm said and how it ended. */
    record Outcome(int exitCode, String out) {}

    static Optional<Helm> find() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .map(folder -> Path.of(folder).resolve("helm"))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Helm::new);
    }

    Outcome run(String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(Arrays.asList(args));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), out);
    }

    /** Objects that the chart makes with these {@code --set} values, in the namespace {@code apps} as release {@code band}. */
    List<Map<String, Object>> template(String... values) throws IOException, InterruptedException {
        List<String> args = new ArrayList<>(
                List.of("template", "band", CHART.toString(), "-n", "apps", "--kube-version", "1.34.0"));
        for (String value : values) {
            args.addAll(List.of("--set", value));
        }
        Outcome outcome = run(args.toArray(String[]::new));
        if (outcome.exitCode() != 0) {
            throw new IllegalStateException(outcome.out());
        }
        List<Map<String, Object>> objects = new ArrayList<>();
        for (String document : outcome.out().split("(?m)^---$")) {
            if (document.lines().anyMatch(line -> !line.isBlank() && !line.startsWith("#"))) {
                objects.add(Serialization.unmarshal(document, Map.class));
            }
        }
        return objects;
    }
}
