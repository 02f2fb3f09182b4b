package dev.concertina.e2e.bench;

import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

/**
 * A model folder with experts large enough to measure: random weights, 5 layers of 16 experts of 3 MiB. It can be staged and attached, not run.
 *
 * @param folder with config.json and model.safetensors
 * @param objects everything that moves: the dense tensors and all experts
 * @param bytes of tensors
 */
record SyntheticModel(Path folder, Set<ObjectId> objects, long bytes) {
    /** An expert's tensors, and the pages they take. */
    static final long EXPERT_BYTES = 3L << 20;

    static final long EXPERT_COMMITTED_BYTES = 4L << 20;

    private static final int LAYERS = 5;
    private static final int EXPERTS = 16;
    private static final int WIDTH = 1024;
    private static final int HIDDEN = 512;
    private static final int MATRIX_BYTES = WIDTH * HIDDEN * Short.BYTES;

    static SyntheticModel write(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(
                folder.resolve("config.json"),
                "{\"num_experts\": " + EXPERTS + ", \"num_experts_per_tok\": 2, \"max_position_embeddings\": 1024}");
        StringBuilder header = new StringBuilder("{");
        long at = tensor(header, "model.norm.weight", WIDTH, HIDDEN, 0);
        Set<ObjectId> objects = new HashSet<>(Set.of(ObjectId.DENSE));
        for (int layer = 0; layer < LAYERS; layer++) {
            for (int expert = 0; expert < EXPERTS; expert++) {
                String name = ",model.layers." + layer + ".mlp.experts." + expert + ".";
                at = tensor(header, name + "gate_proj.weight", WIDTH, HIDDEN, at);
                at = tensor(header, name + "up_proj.weight", WIDTH, HIDDEN, at);
                at = tensor(header, name + "down_proj.weight", HIDDEN, WIDTH, at);
                objects.add(ObjectId.expert(layer, expert));
            }
        }
        byte[] json = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
        byte[] matrix = new byte[MATRIX_BYTES];
        new Random(1).nextBytes(matrix);
        try (OutputStream out = Files.newOutputStream(folder.resolve("model.safetensors"))) {
            out.write(ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(json.length)
                    .array());
            out.write(json);
            for (long written = 0; written < at; written += MATRIX_BYTES) {
                out.write(matrix);
            }
        }
        return new SyntheticModel(folder, Set.copyOf(objects), at);
    }

    /** Describes a tensor at an offset and answers the next one's. A leading comma of the name separates it from the tensor before. */
    private static long tensor(StringBuilder header, String name, int rows, int columns, long at) {
        boolean first = !name.startsWith(",");
        long end = at + MATRIX_BYTES;
        header.append(first ? "" : ",")
                .append('"')
                .append(first ? name : name.substring(1))
                .append("\":{\"dtype\":\"BF16\",\"shape\":[")
                .append(rows + "," + columns + "],\"data_offsets\":[" + at + "," + end + "]}");
        return end;
    }
}
