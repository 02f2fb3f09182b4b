package dev.concertina.e2e.local;

import dev.concertina.memory.model.ModelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How to run the local cluster.
 *
 * @param home root of the project's folder, where the modules' build results are
 * @param modelDir model folder that agents read
 * @param apiPort port of the API server on 127.0.0.1, 0 for a free one
 * @param httpPort port of the OpenAI API on 127.0.0.1, 0 for a free one
 * @param nodes simulated nodes
 * @param devicesPerNode simulated accelerators of each
 * @param deviceBytes memory of each accelerator
 * @param keep whether the run folder stays after the end
 * @param startLimit longest time until the system's pods are ready
 */
public record LocalSettings(
        Path home,
        Path modelDir,
        int apiPort,
        int httpPort,
        int nodes,
        int devicesPerNode,
        long deviceBytes,
        boolean keep,
        Duration startLimit) {

    /** Two nodes with two accelerators of 1 GiB each, free ports. */
    public static LocalSettings of(Path home, Path modelDir) {
        return new LocalSettings(
                home.toAbsolutePath().normalize(),
                modelDir.toAbsolutePath().normalize(),
                0,
                0,
                2,
                2,
                1L << 30,
                false,
                Duration.ofSeconds(180));
    }

    public LocalSettings withPorts(int api, int http) {
        return new LocalSettings(home, modelDir, api, http, nodes, devicesPerNode, deviceBytes, keep, startLimit);
    }

    public LocalSettings withKeep(boolean value) {
        return new LocalSettings(
                home, modelDir, apiPort, httpPort, nodes, devicesPerNode, deviceBytes, value, startLimit);
    }

    /**
     * Looks at what can be seen before anything starts.
     *
     * @throws StartupException when the model folder or a build result is missing
     */
    void check() throws StartupException {
        context();
        for (String module : Images.MODULES) {
            if (!Files.isDirectory(home.resolve(module).resolve("target"))) {
                throw new StartupException(
                        "module " + module + " is not built; run ./mvnw -DskipTests package in " + home);
            }
        }
    }

    /**
     * Positions of the model, prompt and answer together.
     *
     * @throws StartupException in one sentence when the folder holds no whole model
     */
    public int context() throws StartupException {
        if (!Files.isDirectory(modelDir)) {
            throw new StartupException(
                    "the model folder " + modelDir + " does not exist; give one in Hugging Face layout with --model");
        }
        try (ModelFiles model = ModelFiles.open(modelDir)) {
            return model.shape().maxContext();
        } catch (IOException e) {
            throw new StartupException("the model cannot be used: " + e.getMessage(), e);
        }
    }
}
