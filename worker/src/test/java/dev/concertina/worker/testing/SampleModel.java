package dev.concertina.worker.testing;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.memory.model.DType;
import dev.concertina.memory.model.ModelDescription;
import dev.concertina.memory.model.TensorView;
import dev.concertina.wire.Json;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** The sample model packed into objects in this process, and its golden outputs. */
public final class SampleModel {
    public static final Path FOLDER = Path.of("../deploy/models/shakespeare-moe");

    /** One line of golden.json. */
    public record Golden(
            String prompt,
            int[] prompt_ids,
            float[] last_logits,
            int[] greedy_ids,
            String greedy_text,
            float[] margins,
            int[][][] prompt_routes) {}

    private static final SampleModel INSTANCE = load();

    public final ModelDescription description;
    public final Map<ObjectId, MemorySegment> objects;
    public final List<Golden> goldens;

    private SampleModel(ModelDescription description, Map<ObjectId, MemorySegment> objects, List<Golden> goldens) {
        this.description = description;
        this.objects = objects;
        this.goldens = goldens;
    }

    public static SampleModel get() {
        return INSTANCE;
    }

    public MemorySegment[][] experts() {
        return IntStream.range(0, description.moeLayers().size())
                .mapToObj(layer -> IntStream.range(0, description.experts())
                        .mapToObj(expert -> objects.get(ObjectId.expert(layer, expert)))
                        .toArray(MemorySegment[]::new))
                .toArray(MemorySegment[][]::new);
    }

    private static SampleModel load() {
        try (FileChannel channel = FileChannel.open(FOLDER.resolve("model.safetensors"))) {
            MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.global());
            long header = file.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
            JsonNode tensors = Json.mapper().readTree(file.asSlice(8, header).toArray(ValueLayout.JAVA_BYTE));
            Map<String, TensorView> dense = new TreeMap<>();
            Map<ObjectId, MemorySegment> objects = new HashMap<>();
            MemorySegment densePages = Arena.global().allocate(channel.size() + (1 << 20), 64);
            long[] end = {0};
            tensors.properties().forEach(entry -> {
                if (entry.getKey().equals("__metadata__") || entry.getKey().contains(".experts.")) {
                    return;
                }
                MemorySegment bytes = slice(file, header, entry.getValue());
                List<Integer> shape = new ArrayList<>();
                entry.getValue().get("shape").forEach(n -> shape.add(n.asInt()));
                MemorySegment.copy(bytes, 0, densePages, end[0], bytes.byteSize());
                dense.put(entry.getKey(), new TensorView(end[0], DType.BF16, shape));
                end[0] = (end[0] + bytes.byteSize() + 63) / 64 * 64;
            });
            objects.put(ObjectId.DENSE, densePages.asSlice(0, end[0]));
            for (int layer = 0; layer < 6; layer++) {
                for (int expert = 0; expert < 16; expert++) {
                    MemorySegment pages = Arena.global().allocate(3 * 32768, 64);
                    int at = 0;
                    for (String matrix : List.of("gate", "up", "down")) {
                        String name =
                                "model.layers." + layer + ".mlp.experts." + expert + "." + matrix + "_proj.weight";
                        MemorySegment.copy(slice(file, header, tensors.get(name)), 0, pages, at, 32768);
                        at += 32768;
                    }
                    objects.put(ObjectId.expert(layer, expert), pages);
                }
            }
            List<Integer> square = List.of(128, 128);
            ModelDescription description = new ModelDescription(
                    Files.readString(FOLDER.resolve("config.json")),
                    IntStream.range(0, 6).boxed().toList(),
                    16,
                    dense,
                    new TensorView(0, DType.BF16, square),
                    new TensorView(32768, DType.BF16, square),
                    new TensorView(65536, DType.BF16, square));
            return new SampleModel(
                    description,
                    objects,
                    List.of(Json.read(Files.readAllBytes(FOLDER.resolve("golden.json")), Golden[].class)));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static MemorySegment slice(MemorySegment file, long header, JsonNode tensor) {
        long from = tensor.get("data_offsets").get(0).asLong();
        return file.asSlice(8 + header + from, tensor.get("data_offsets").get(1).asLong() - from);
    }
}
