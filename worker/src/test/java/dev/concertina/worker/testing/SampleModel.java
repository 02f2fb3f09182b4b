package dev.concertina.worker.testing;

import dev.concertina.memory.model.ModelFiles;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The sample model, read once per test process, and its golden outputs. */
public final class SampleModel {
    public static final Path FOLDER = Path.of("../deploy/models/shakespeare-moe");
    private static final ModelFiles FILES = files();

    /** One line of golden.json. */
    public record Golden(
            String prompt,
            int[] prompt_ids,
            float[] last_logits,
            int[] greedy_ids,
            String greedy_text,
            float[] margins,
            int[][][] prompt_routes) {}

    private SampleModel() {}

    public static ModelFiles get() {
        return FILES;
    }

    private static ModelFiles files() {
        try {
            return ModelFiles.open(FOLDER);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static List<Golden> goldens() {
        try {
            return List.of(Json.read(Files.readAllBytes(FOLDER.resolve("golden.json")), Golden[].class));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
