package dev.concertina.memory.model;

import dev.concertina.wire.ObjectId;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Collects the experts' tensors of a model, whatever layout they are in, and packs those of each expert into one payload. */
final class Experts {
    /** The matrices first, as engines read them; then whatever else belongs to them. */
    private static final List<String> FIRST = List.of(ExpertTensor.GATE, ExpertTensor.UP, ExpertTensor.DOWN);

    private static final Comparator<String> ORDER = Comparator.<String>comparingInt(
                    part -> FIRST.contains(part) ? FIRST.indexOf(part) : FIRST.size())
            .thenComparing(Comparator.naturalOrder());

    /** Model layer -> part -> expert (or FUSED) -> tensor. */
    private final TreeMap<Integer, TreeMap<String, Map<Integer, StoredTensor>>> layers = new TreeMap<>();

    private final Path folder;

    Experts(Path folder) {
        this.folder = folder;
    }

    void add(ExpertTensor expert, StoredTensor tensor) throws InvalidModelException {
        StoredTensor other = layers.computeIfAbsent(expert.layer(), layer -> new TreeMap<>(ORDER))
                .computeIfAbsent(expert.part(), part -> new HashMap<>())
                .put(expert.expert(), tensor);
        if (other != null) {
            throw new InvalidModelException(
                    "tensors " + other.name() + " and " + tensor.name() + " are the same part of the same expert");
        }
    }

    /** Model layers that have experts; their places are the MoE layers of expert ids. */
    List<Integer> layers() {
        return List.copyOf(layers.keySet());
    }

    /**
     * Packs them.
     *
     * @param count experts a layer, by the configuration
     * @param objects takes every expert's tensors, by MoE layer and expert
     * @return an expert's parts and their places, the same for all
     */
    Map<String, TensorView> pack(int count, Map<ObjectId, List<Placed>> objects) throws InvalidModelException {
        if (layers.isEmpty()) {
            throw new InvalidModelException(
                    "no routed experts found in " + folder + ": the tensors' names follow no known MoE layout");
        }
        Map<String, TensorView> first = new TreeMap<>(ORDER);
        int moeLayer = 0;
        for (Map.Entry<Integer, TreeMap<String, Map<Integer, StoredTensor>>> layer : layers.entrySet()) {
            check(layer.getKey(), layer.getValue(), count);
            for (int expert = 0; expert < count; expert++) {
                Map<String, TensorView> views = new TreeMap<>(ORDER);
                ObjectId id = ObjectId.expert(moeLayer, expert);
                objects.put(id, expert(layer.getKey(), layer.getValue(), expert, views));
                if (first.isEmpty()) {
                    first.putAll(views);
                } else if (!first.equals(views)) {
                    throw new InvalidModelException(id + " differs in shape or dtype from expert/0/0");
                }
            }
            moeLayer++;
        }
        return first;
    }

    private static List<Placed> expert(
            int layer, Map<String, Map<Integer, StoredTensor>> parts, int expert, Map<String, TensorView> views)
            throws InvalidModelException {
        List<Placed> placed = new ArrayList<>();
        long at = 0;
        for (Map.Entry<String, Map<Integer, StoredTensor>> part : parts.entrySet()) {
            StoredTensor fused = part.getValue().get(ExpertTensor.FUSED);
            StoredTensor own = part.getValue().get(expert);
            Placed next;
            if (fused != null) {
                next = Placed.slice(fused, expert, at);
            } else if (own != null) {
                next = Placed.whole(own, at);
            } else {
                throw new InvalidModelException("expert " + expert + " of layer " + layer + " is not whole: it has no "
                        + part.getKey() + ", other experts have");
            }
            placed.add(next);
            views.put(part.getKey(), next.view());
            at = next.next();
        }
        return placed;
    }

    /** Whether the parts make whole experts, and no more of them than there are. */
    private static void check(int layer, Map<String, Map<Integer, StoredTensor>> parts, int count)
            throws InvalidModelException {
        boolean separate = FIRST.stream().allMatch(matrix -> has(parts, matrix.substring(0, matrix.indexOf('.') + 1)));
        boolean fused = has(parts, "gate_up_proj") && has(parts, "down_proj");
        if (!separate && !fused) {
            throw new InvalidModelException("the experts of layer " + layer
                    + " are not whole: gate, up and down are needed, " + parts.keySet() + " are there");
        }
        for (Map.Entry<String, Map<Integer, StoredTensor>> part : parts.entrySet()) {
            for (Map.Entry<Integer, StoredTensor> tensor : part.getValue().entrySet()) {
                List<Integer> shape = tensor.getValue().shape();
                if (tensor.getKey() == ExpertTensor.FUSED && (shape.size() < 2 || shape.getFirst() != count)) {
                    throw new InvalidModelException(
                            "tensor " + tensor.getValue().name() + " has the shape " + shape
                                    + "; its first dimension must count the " + count + " experts of config.json");
                }
                if (tensor.getKey() >= count) {
                    throw new InvalidModelException("layer " + layer + " has an expert " + tensor.getKey()
                            + ", config.json says " + count + " experts");
                }
            }
            if (part.getValue().containsKey(ExpertTensor.FUSED)
                    && part.getValue().size() > 1) {
                throw new InvalidModelException(
                        "layer " + layer + " has " + part.getKey() + " both for all experts and for single ones");
            }
        }
    }

    private static boolean has(Map<String, Map<Integer, StoredTensor>> parts, String start) {
        return parts.keySet().stream().anyMatch(part -> part.startsWith(start));
    }
}
