package dev.concertina.memory.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes small safetensors folders for tests. */
final class TinyModel {
    private TinyModel() {}

    /** One dense layer and one MoE layer (model layer 1) of two experts with 1-element matrices; expert e's gate is 10 * e. */
    static void writeSharded(Path folder) throws IOException {
        Files.writeString(
                folder.resolve("config.json"),
                "{\"num_experts\": 2, \"num_experts_per_tok\": 1, \"max_position_embeddings\": 16}");
        write(folder.resolve("one.safetensors"), List.of("model.norm.weight"), List.of(1f));
        List<String> names = new ArrayList<>();
        List<Float> values = new ArrayList<>();
        for (int expert = 0; expert < 2; expert++) {
            for (String matrix : List.of("down_proj", "gate_proj", "up_proj")) {
                names.add("model.layers.1.mlp.experts." + expert + "." + matrix + ".weight");
                values.add(matrix.equals("gate_proj") ? 10f * expert : 1f);
            }
        }
        write(folder.resolve("two.safetensors"), names, values);
        StringBuilder map = new StringBuilder("{\"weight_map\": {\"model.norm.weight\": \"one.safetensors\"");
        names.forEach(name -> map.append(", \"").append(name).append("\": \"two.safetensors\""));
        Files.writeString(folder.resolve("model.safetensors.index.json"), map + "}}");
    }

    private static void write(Path file, List<String> names, List<Float> values) throws IOException {
        StringBuilder header = new StringBuilder("{");
        ByteBuffer data = ByteBuffer.allocate(4 * names.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < names.size(); i++) {
            header.append(i == 0 ? "" : ",")
                    .append("\"%s\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[%d,%d]}"
                            .formatted(names.get(i), 4 * i, 4 * i + 4));
            data.putFloat(values.get(i));
        }
        writeRaw(file, header + "}", data.array());
    }

    static void writeRaw(Path file, String header, byte[] data) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(text.length).put(text).put(data);
        Files.write(file, bytes.array());
    }
}
