package dev.concertina.e2e.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A command-line program of the user's, such as kubectl. Each call is a process of its own with no standard input. Safe for many threads.
 *
 * @param name as in messages
 * @param command the program and arguments that all calls begin with
 * @param env added to the launcher's own environment
 */
record Tool(String name, List<String> command, Map<String, String> env) {
    /** How a call ended; output and errors together. */
    record Outcome(int exitCode, String output) {
        boolean succeeded() {
            return exitCode == 0;
        }

        /** The last line that says something. */
        String lastLine() {
            return output.lines()
                    .filter(line -> !line.isBlank())
                    .reduce((a, b) -> b)
                    .orElse("no output")
                    .strip();
        }
    }

    /**
     * Looks for a program.
     *
     * @param given what the user named, or null to look on the PATH
     * @throws ClusterException when it is not there
     */
    static Tool find(String name, @Nullable Path given, Map<String, String> env) throws ClusterException {
        if (given != null) {
            if (!Files.isExecutable(given)) {
                throw new ClusterException(
                        "--" + name + " names " + given + ", which is no program; give the path of " + name);
            }
            return new Tool(name, List.of(given.toString()), env);
        }
        Path found = Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .filter(folder -> !folder.isBlank())
                .map(folder -> Path.of(folder).resolve(name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new ClusterException(
                        name + " is not on the PATH; install it or name it with --" + name + " PATH"));
        return new Tool(name, List.of(found.toString()), env);
    }

    /** A shell command; what it is called with comes after its own arguments. */
    static Tool shell(String name, String command) {
        return new Tool(name, List.of("sh", "-c", command + " \"$@\"", "sh"), Map.of());
    }

    /** Calls it and answers how it ended, whatever that is. */
    Outcome call(Duration limit, String... arguments) throws ClusterException {
        return call(limit, Arrays.asList(arguments));
    }

    /**
     * Calls it and answers how it ended, whatever that is.
     *
     * @param limit after this long it is killed, and its exit code is 124
     */
    Outcome call(Duration limit, List<String> arguments) throws ClusterException {
        Process process = null;
        try {
            process = start(arguments);
            process.getOutputStream().close();
            Process running = process;
            CompletableFuture<String> output = CompletableFuture.supplyAsync(() -> read(running));
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                return new Outcome(124, output.join() + "\nno answer within " + limit.toSeconds() + " s");
            }
            return new Outcome(process.exitValue(), output.join());
        } catch (IOException e) {
            throw new ClusterException("cannot run " + name + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new ClusterException(name + " was interrupted", e);
        }
    }

    /**
     * Calls it and answers its output.
     *
     * @throws ClusterException when it does not end with 0, with what it said last
     */
    String must(Duration limit, String... arguments) throws ClusterException {
        Outcome outcome = call(limit, arguments);
        if (!outcome.succeeded()) {
            throw new ClusterException(
                    "'" + name + " " + Stream.of(arguments).limit(4).collect(Collectors.joining(" "))
                            + " ...' ended with " + outcome.exitCode() + ": " + outcome.lastLine());
        }
        return outcome.output();
    }

    /** Starts it; the caller ends it. Output and errors come together. */
    Process start(List<String> arguments) throws IOException {
        List<String> all = new ArrayList<>(command);
        all.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(all).redirectErrorStream(true);
        builder.environment().putAll(env);
        return builder.start();
    }

    private static String read(Process process) {
        try {
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }
}
