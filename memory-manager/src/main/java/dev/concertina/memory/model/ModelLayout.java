package dev.concertina.memory.model;

import dev.concertina.memory.model.ExpertNames.Matrix;
import dev.concertina.wire.Agents;
import dev.concertina.wire.ObjectId;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A checked model folder and where each of its tensors goes: all dense tensors packed into one payload, the gate, up and down matrices
 * of an expert packed into another, every tensor at a multiple of 64. A payload's bytes are those from its start to the end of its last tensor.
 * Immutable; reading from several threads at once is fine.
 */
public final class ModelLayout {
    private final Agents.Model shape;
    private final ModelDescription description;
    private final Map<ObjectId, List<Placed>> objects;

    /** A stored tensor and its offset in its object's payload. */
    private record Placed(StoredTensor tensor, long offset) {}

    private ModelLayout(Agents.Model shape, ModelDescription description, Map<ObjectId, List<Placed>> objects) {
        this.shape = shape;
        this.description = description;
        this.objects = objects;
    }

    /**
     * Reads configuration and headers, not weights.
     *
     * @throws InvalidModelException in one sentence, when the folder does not hold a whole MoE model
     */
    public static ModelLayout open(Path folder) throws IOException {
        Checkpoint checkpoint = Checkpoint.open(folder);
        List<StoredTensor> dense = new ArrayList<>();
        TreeMap<Integer, Map<Integer, Map<Matrix, StoredTensor>>> layers = new TreeMap<>();
        for (StoredTensor tensor : checkpoint.tensors().values()) {
            Optional<ExpertNames.Found> found = ExpertNames.find(tensor.name());
            if (found.isEmpty()) {
                dense.add(tensor);
            } else {
                layers.computeIfAbsent(found.get().modelLayer(), layer -> new TreeMap<>())
                        .computeIfAbsent(found.get().expert(), expert -> new TreeMap<>())
                        .put(found.get().matrix(), tensor);
            }
        }
        if (layers.isEmpty()) {
            throw new InvalidModelException(
                    "no routed experts found in " + folder + ": the tensors' names follow no known MoE layout");
        }
        Map<ObjectId, List<Placed>> objects = new HashMap<>();
        objects.put(ObjectId.DENSE, pack(dense));
        int experts = checkpoint.number("num_experts", "num_local_experts", "n_routed_experts");
        placeExperts(layers, experts, objects);
        return build(checkpoint, List.copyOf(layers.keySet()), experts, objects);
    }

    private static void placeExperts(
            TreeMap<Integer, Map<Integer, Map<Matrix, StoredTensor>>> layers,
            int experts,
            Map<ObjectId, List<Placed>> objects)
            throws InvalidModelException {
        int moeLayer = 0;
        for (Map.Entry<Integer, Map<Integer, Map<Matrix, StoredTensor>>> layer : layers.entrySet()) {
            for (int expert = 0; expert < experts; expert++) {
                Map<Matrix, StoredTensor> matrices = layer.getValue().getOrDefault(expert, Map.of());
                if (matrices.size() != Matrix.values().length) {
                    throw new InvalidModelException("expert " + expert + " of layer " + layer.getKey()
                            + " is not whole: gate, up and down are needed, " + matrices.keySet() + " are there");
                }
                objects.put(ObjectId.expert(moeLayer, expert), pack(List.copyOf(matrices.values())));
            }
            if (layer.getValue().size() != experts) {
                throw new InvalidModelException("layer " + layer.getKey() + " has "
                        + layer.getValue().size() + " experts, config.json says " + experts);
            }
            moeLayer++;
        }
    }

    private static ModelLayout build(
            Checkpoint checkpoint, List<Integer> moeLayers, int experts, Map<ObjectId, List<Placed>> objects)
            throws InvalidModelException {
        List<TensorView> first = views(objects, ObjectId.expert(0, 0));
        for (ObjectId object : objects.keySet()) {
            if (object.kind() == ObjectId.Kind.EXPERT && !views(objects, object).equals(first)) {
                throw new InvalidModelException(object + " differs in shape or dtype from expert/0/0");
            }
        }
        Map<String, TensorView> dense = new LinkedHashMap<>();
        for (Placed placed : objects.getOrDefault(ObjectId.DENSE, List.of())) {
            dense.put(placed.tensor.name(), view(placed));
        }
        ModelDescription description = new ModelDescription(
                checkpoint.configJson(), moeLayers, experts, dense, first.get(0), first.get(1), first.get(2));
        Agents.Model shape = new Agents.Model(
                moeLayers.size(),
                experts,
                checkpoint.number("num_experts_per_tok", "num_experts_per_token", "experts_per_token"),
                payload(objects.getOrDefault(ObjectId.DENSE, List.of())),
                payload(objects.getOrDefault(ObjectId.expert(0, 0), List.of())),
                checkpoint.number("max_position_embeddings"));
        return new ModelLayout(shape, description, objects);
    }

    private static List<TensorView> views(Map<ObjectId, List<Placed>> objects, ObjectId object) {
        return objects.getOrDefault(object, List.of()).stream()
                .map(ModelLayout::view)
                .toList();
    }

    private static TensorView view(Placed placed) {
        return new TensorView(placed.offset, placed.tensor.dtype(), placed.tensor.shape());
    }

    private static List<Placed> pack(List<StoredTensor> tensors) {
        List<Placed> placed = new ArrayList<>(tensors.size());
        long at = 0;
        for (StoredTensor tensor : tensors) {
            placed.add(new Placed(tensor, at));
            at = (at + tensor.bytes() + 63) & ~63L;
        }
        return placed;
    }

    private static long payload(List<Placed> placed) {
        if (placed.isEmpty()) {
            return 0;
        }
        Placed last = placed.getLast();
        return last.offset + last.tensor.bytes();
    }

    /** Sizes and counts. */
    public Agents.Model shape() {
        return shape;
    }

    public ModelDescription description() {
        return description;
    }

    /** Whether this model has that dense or expert object. */
    public boolean has(ObjectId object) {
        return objects.containsKey(object);
    }

    /** Payload bytes of an object of this model. */
    public long bytes(ObjectId object) {
        return payload(placed(object));
    }

    /**
     * Reads an object's tensors from the files into {@code target}, a segment of {@link #bytes} bytes; gaps between tensors are left as
     * they are.
     *
     * @throws IOException when a file cannot be read or ends early
     */
    public void read(ObjectId object, MemorySegment target) throws IOException {
        Map<Path, List<Placed>> byFile = new LinkedHashMap<>();
        for (Placed placed : placed(object)) {
            byFile.computeIfAbsent(placed.tensor.file(), file -> new ArrayList<>())
                    .add(placed);
        }
        for (Map.Entry<Path, List<Placed>> entry : byFile.entrySet()) {
            try (FileChannel channel = FileChannel.open(entry.getKey(), StandardOpenOption.READ)) {
                for (Placed placed : entry.getValue()) {
                    read(channel, placed, target);
                }
            }
        }
    }

    private static void read(FileChannel channel, Placed placed, MemorySegment target) throws IOException {
        StoredTensor tensor = placed.tensor;
        long done = 0;
        while (done < tensor.bytes()) {
            long chunk = Math.min(1 << 30, tensor.bytes() - done);
            ByteBuffer buffer = target.asSlice(placed.offset + done, chunk).asByteBuffer();
            int count = channel.read(buffer, tensor.position() + done);
            if (count < 0) {
                throw new EOFException("the file " + tensor.file() + " ended inside tensor " + tensor.name()
                        + "; was it changed while it was read?");
            }
            done += count;
        }
    }

    private List<Placed> placed(ObjectId object) {
        List<Placed> placed = objects.get(object);
        if (placed == null) {
            throw new IllegalArgumentException("the model has no object " + object);
        }
        return placed;
    }
}
