package dev.concertina.memory;

import dev.concertina.memory.agent.AgentSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Reads the environment of keeper and agent; whatever is wrong is one sentence that names the variable. */
final class Settings {
    private Settings() {}

    static String text(Map<String, String> environment, String name, String meaning) {
        String value = environment.get(name);
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(name + " is not set; give it " + meaning);
        }
        return value;
    }

    static Path path(Map<String, String> environment, String name, String meaning) {
        return Path.of(text(environment, name, meaning));
    }

    private static long positive(Map<String, String> environment, String name, String meaning, long most) {
        String value = text(environment, name, meaning);
        try {
            long number = Long.parseLong(value);
            if (number > 0 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(
                name + " is '" + value + "'; it must be a whole number between 1 and " + most + ": " + meaning);
    }

    static AgentSettings agent(Map<String, String> environment) {
        List<Path> models = Arrays.stream(
                        text(environment, "CONCERTINA_MODELS", "the folders models lie under, separated by ':'")
                                .split(":"))
                .filter(root -> !root.isBlank())
                .map(Path::of)
                .toList();
        for (Path root : models) {
            if (!Files.isDirectory(root)) {
                throw new IllegalArgumentException("CONCERTINA_MODELS names " + root + ", which is not a folder");
            }
        }
        return new AgentSettings(
                path(environment, "CONCERTINA_RUN_DIR", "the folder of the sockets"),
                text(environment, "CONCERTINA_NODE", "the node's name"),
                text(environment, "CONCERTINA_HOST", "the address to listen on and to advertise"),
                AgentSettings.CONTROL_PORT,
                (int) positive(environment, "CONCERTINA_DEVICES", "the number of accelerators", 1024),
                positive(
                        environment,
                        "CONCERTINA_DEVICE_BYTES",
                        "the memory of each accelerator in bytes",
                        Long.MAX_VALUE / 2048),
                models,
                stagingCap(environment));
    }

    private static OptionalLong stagingCap(Map<String, String> environment) {
        String name = "CONCERTINA_STAGING_BYTES_PER_SECOND";
        String value = environment.get(name);
        return value == null || value.isBlank()
                ? OptionalLong.empty()
                : OptionalLong.of(positive(
                        environment, name, "bytes that staging may move a second; leave it out for no cap", 1L << 50));
    }

    /** The user this process runs as. */
    static int uid() throws IOException {
        return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }
}
