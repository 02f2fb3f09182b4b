package dev.concertina.deploy;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A program that is on the PATH. */
record Program(Path path) {
    /** What it said, errors included, and how it ended. */
    record Outcome(int exitCode, String out) {}

    static Optional<Program> find(String name) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .map(folder -> Path.of(folder).resolve(name))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Program::new);
    }

    /** Skips the calling test when it is not there, and says so. */
    static Program required(String name, String what) {
        Optional<Program> program = find(name);
        if (program.isEmpty()) {
            String reason = "no " + name + " on the PATH: " + what + " not checked here";
            System.out.println("skipped: " + reason);
            abort(reason);
        }
        return program.orElseThrow();
    }

    Outcome run(String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(path.toString()));
        command.addAll(Arrays.asList(args));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), out);
    }

    /** Its output; throws when it did not end with 0. */
    String must(String... args) throws IOException, InterruptedException {
        Outcome outcome = run(args);
        if (outcome.exitCode() != 0) {
            throw new IllegalStateException(String.join(" ", args) + ": " + outcome.out());
        }
        return outcome.out();
    }
}
