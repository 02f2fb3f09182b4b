package dev.concertina.e2e.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/**
 * One process started by the launcher. Its standard input is a pipe that nobody writes to: the process ends when the pipe does, so also when
 * the launcher is killed. Output and errors go to one log file. Safe for use by many threads.
 */
public final class ChildProcess {
    private static final List<String> INHERITED = List.of("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ");

    private final String name;
    private final Process process;
    private final Path log;

    private ChildProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /**
     * Starts.
     *
     * @param env its whole environment but for a few of the launcher's own variables
     * @param log appended to
     * @throws IOException when the program cannot be started
     */
    public static ChildProcess start(String name, List<String> command, Map<String, String> env, Path log)
            throws IOException {
        Files.createDirectories(log.getParent());
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        Map<String, String> environment = builder.environment();
        environment.keySet().retainAll(INHERITED);
        environment.putAll(env);
        environment.put("CONCERTINA_END_WITH_PARENT", "true");
        return new ChildProcess(name, builder.start(), log);
    }

    public String name() {
        return name;
    }

    public long pid() {
        return process.pid();
    }

    public boolean alive() {
        return process.isAlive();
    }

    /** Exit code; empty while it runs. 128 + signal when a signal ended it. */
    public OptionalInt exitCode() {
        return process.isAlive() ? OptionalInt.empty() : OptionalInt.of(process.exitValue());
    }

    public Path log() {
        return log;
    }

    /** Asks it to end (SIGTERM). */
    public void terminate() {
        process.destroy();
    }

    /** Ends it (SIGKILL). */
    public void kill() {
        process.destroyForcibly();
    }

    /** Waits for its end; true when it came in time. */
    public boolean awaitEnd(Duration limit) {
        try {
            return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !process.isAlive();
        }
    }

    /** Asks, waits, and ends it by force when it does not. */
    public void stop(Duration grace) {
        terminate();
        if (!awaitEnd(grace)) {
            kill();
            awaitEnd(Duration.ofSeconds(5));
        }
    }

    /** The last line of its log that says something: usually the sentence with which it gave up. */
    public String lastWords() {
        try {
            byte[] bytes = Files.readAllBytes(log);
            String text = new String(bytes, StandardCharsets.UTF_8);
            List<String> lines = text.lines()
                    .filter(line -> !line.isBlank())
                    .filter(line -> !line.startsWith("\t") && !line.startsWith("WARNING"))
                    .toList();
            return lines.isEmpty() ? "no output" : lines.getLast().strip();
        } catch (IOException e) {
            return "no readable log";
        }
    }
}
