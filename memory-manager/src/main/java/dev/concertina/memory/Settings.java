package dev.concertina.memory;

import dev.concertina.memory.agent.AgentSettings;
import dev.concertina.memory.agent.AllowList;
import dev.concertina.memory.agent.Attestor;
import dev.concertina.memory.backend.BackendChoice;
import dev.concertina.memory.backend.cuda.CudaDriver;
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

    static AgentSettings agent(Map<String, String> environment) throws IOException {
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
        BackendChoice backend = backend(environment);
        boolean simulated = backend instanceof BackendChoice.Posix;
        boolean bySocket =
                choice(environment, "CONCERTINA_ATTESTOR", "kernel", "socket").equals("socket");
        return new AgentSettings(
                path(environment, "CONCERTINA_RUN_DIR", "the folder of the sockets"),
                text(environment, "CONCERTINA_NODE", "the node's name"),
                text(environment, "CONCERTINA_HOST", "the address to listen on and to advertise"),
                AgentSettings.CONTROL_PORT,
                backend,
                simulated ? (int) positive(environment, "CONCERTINA_DEVICES", "the number of accelerators", 1024) : 0,
                simulated || given(environment, "CONCERTINA_DEVICE_BYTES")
                        ? positive(
                                environment,
                                "CONCERTINA_DEVICE_BYTES",
                                "the memory of each accelerator in bytes",
                                Long.MAX_VALUE / 2048)
                        : 0,
                models,
                bySocket ? Attestor.bySocket() : Attestor.byKernel(),
                allowed(environment, bySocket),
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

    private static AllowList allowed(Map<String, String> environment, boolean bySocket) throws IOException {
        if (given(environment, "CONCERTINA_ALLOW")) {
            try {
                return AllowList.parse(text(environment, "CONCERTINA_ALLOW", "rules"));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("CONCERTINA_ALLOW: " + e.getMessage(), e);
            }
        }
        return bySocket ? AllowList.everybody() : AllowList.of(0, uid());
    }

    /** Whose memory keeper and agent own. */
    static BackendChoice backend(Map<String, String> environment) {
        if (choice(environment, "CONCERTINA_BACKEND", "posix", "cuda").equals("posix")) {
            return new BackendChoice.Posix();
        }
        String library = environment.getOrDefault("CONCERTINA_CUDA_LIBRARY", CudaDriver.LIBRARY);
        List<String> uuids = Arrays.stream(
                        environment.getOrDefault("CONCERTINA_CUDA_DEVICES", "").split(","))
                .map(String::strip)
                .filter(uuid -> !uuid.isEmpty())
                .toList();
        return new BackendChoice.Cuda(library, uuids);
    }

    private static boolean given(Map<String, String> environment, String name) {
        return !environment.getOrDefault(name, "").isBlank();
    }

    /** One of two words; the first when nothing is said. */
    private static String choice(Map<String, String> environment, String name, String first, String second) {
        String said = environment.getOrDefault(name, "").strip();
        String value = said.isEmpty() ? first : said;
        if (!value.equals(first) && !value.equals(second)) {
            throw new IllegalArgumentException(name + " is '" + value + "'; it must be " + first + " or " + second);
        }
        return value;
    }

    /** The user this process runs as. */
    static int uid() throws IOException {
        return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }
}
