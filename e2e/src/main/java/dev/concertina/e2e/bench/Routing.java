package dev.concertina.e2e.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Expert frequencies of GPT-OSS-20B by category of prompts: array {@code think} of {@code category_freq.npz}, float32 {@code (category, layer,
 * expert)}, and {@code categories.jsonl} beside it with a {@code dataset} for each.
 */
record Routing(int layers, int experts, List<String> datasets, float[] frequencies) {
    private static final String ARRAY = "think.npy";
    private static final Pattern SHAPE = Pattern.compile("'shape': \\((\\d+), (\\d+), (\\d+)\\)");
    private static final int MAGIC_BYTES = 10;

    /**
     * Reads both files.
     *
     * @throws IOException in one sentence when they are not such files
     */
    static Routing read(Path npz) throws IOException {
        byte[] bytes;
        try (ZipFile zip = new ZipFile(npz.toFile())) {
            ZipEntry entry = zip.getEntry(ARRAY);
            if (entry == null) {
                throw new IOException(npz + " has no array " + ARRAY);
            }
            try (InputStream in = zip.getInputStream(entry)) {
                bytes = in.readAllBytes();
            }
        }
        ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int header = bytes.length < MAGIC_BYTES ? 0 : data.getShort(MAGIC_BYTES - 2) & 0xffff;
        String description = new String(
                bytes, MAGIC_BYTES, Math.min(header, bytes.length - MAGIC_BYTES), StandardCharsets.ISO_8859_1);
        Matcher shape = SHAPE.matcher(description);
        if (!description.contains("'<f4'") || !shape.find()) {
            throw new IOException(npz + ": " + ARRAY + " is not float32 of three dimensions: " + description.strip());
        }
        int layers = Integer.parseInt(shape.group(2));
        int experts = Integer.parseInt(shape.group(3));
        float[] values = new float[Integer.parseInt(shape.group(1)) * layers * experts];
        data.position(MAGIC_BYTES + header)
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        List<String> datasets = new ArrayList<>();
        for (String line : Files.readAllLines(npz.resolveSibling("categories.jsonl"))) {
            JsonNode category = Json.mapper().readTree(line);
            datasets.add(category.path("dataset").asText());
        }
        if (datasets.size() * layers * experts != values.length) {
            throw new IOException(npz + " and categories.jsonl beside it have different numbers of categories");
        }
        return new Routing(layers, experts, List.copyOf(datasets), values);
    }

    /** Summed over the categories of the datasets that begin with {@code prefix}: {@code [layer][expert]}, in thousandths. */
    double[][] load(String prefix) {
        double[][] load = new double[layers][experts];
        for (int category = 0; category < datasets.size(); category++) {
            if (datasets.get(category).startsWith(prefix)) {
                for (int i = 0; i < layers * experts; i++) {
                    load[i / experts][i % experts] += 1000 * frequencies[category * layers * experts + i];
                }
            }
        }
        return load;
    }
}
