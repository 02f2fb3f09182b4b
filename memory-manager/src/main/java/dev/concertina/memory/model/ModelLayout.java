package dev.concertina.memory.model;

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
import java.util.function.LongConsumer;

/**
 * A checked model folder and where each of its tensors goes: all dense tensors packed into one payload, the parts of an expert (its
 * gate, up and down matrices, scales, biases) packed into another, every tensor at a multiple of 64. A payload's bytes are those from its start to the end of its last tensor.
 * Immutable; reading from several threads at once is fine.
 */
public final class ModelLayout {
    private static final long PIECE_BYTES = 1 << 20;

    private final Agents.Model shape;
    private final ModelDescription description;
    private final Map<ObjectId, List<Placed>> objects;

    private ModelLayout(Agents.Model shape, ModelDescription description, Map<ObjectId, List<Placed>> objects) {
        this.shape = shape;
        this.description = description;
        this.objects = objects;
    }

    /**
     * Reads configuration and headers, not weights. Tensors that only predict several tokens at once are left out.
     *
     * @throws InvalidModelException in one sentence, when the folder does not hold a whole MoE model
     */
    public static ModelLayout open(Path folder) throws IOException {
        Checkpoint checkpoint = Checkpoint.open(folder);
        int layers = checkpoint.number(Integer.MAX_VALUE, "num_hidden_layers");
        List<Placed> dense = new ArrayList<>();
        Experts experts = new Experts(folder);
        for (StoredTensor tensor : checkpoint.tensors().values()) {
            if (ExpertTensor.predictsAhead(tensor.name(), layers)) {
                continue;
            }
            Optional<ExpertTensor> found = ExpertTensor.of(tensor.name());
            if (found.isPresent()) {
                experts.add(found.get(), tensor);
            } else {
                dense.add(Placed.whole(
                        tensor, dense.isEmpty() ? 0 : dense.getLast().next()));
            }
        }
        int count = checkpoint.number("num_experts", "num_local_experts", "n_routed_experts");
        Map<ObjectId, List<Placed>> objects = new HashMap<>();
        objects.put(ObjectId.DENSE, dense);
        Map<String, TensorView> expert = experts.pack(count, objects);
        Map<String, TensorView> denseViews = new LinkedHashMap<>();
        dense.forEach(placed -> denseViews.put(placed.name(), placed.view()));
        Agents.Model shape = new Agents.Model(
                experts.layers().size(),
                count,
                checkpoint.number("num_experts_per_tok", "num_experts_per_token", "experts_per_token"),
                payload(dense),
                payload(objects.getOrDefault(ObjectId.expert(0, 0), List.of())),
                checkpoint.number("max_position_embeddings"));
        return new ModelLayout(
                shape,
                new ModelDescription(checkpoint.configJson(), experts.layers(), count, denseViews, expert),
                objects);
    }

    private static long payload(List<Placed> placed) {
        return placed.isEmpty() ? 0 : placed.getLast().end();
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
     * Reads an object's tensors from the files into {@code target}, from its start to its end, with zeros between tensors.
     *
     * @param target a segment of {@link #bytes} bytes
     * @param reached called after every piece, at most 1 MiB, with the offset up to which the target is as it will be
     * @throws IOException when a file cannot be read or ends early
     */
    public void read(ObjectId object, MemorySegment target, LongConsumer reached) throws IOException {
        Path open = null;
        FileChannel channel = null;
        long at = 0;
        try {
            for (Placed placed : placed(object)) {
                if (channel == null || !placed.file().equals(open)) {
                    if (channel != null) {
                        channel.close();
                    }
                    open = placed.file();
                    channel = FileChannel.open(open, StandardOpenOption.READ);
                }
                target.asSlice(at, placed.offset() - at).fill((byte) 0);
                read(channel, placed, target, reached);
                at = placed.end();
            }
        } finally {
            if (channel != null) {
                channel.close();
            }
        }
    }

    private static void read(FileChannel channel, Placed placed, MemorySegment target, LongConsumer reached)
            throws IOException {
        long done = 0;
        while (done < placed.bytes()) {
            long chunk = Math.min(PIECE_BYTES, placed.bytes() - done);
            ByteBuffer buffer = target.asSlice(placed.offset() + done, chunk).asByteBuffer();
            int count = channel.read(buffer, placed.position() + done);
            if (count < 0) {
                throw new EOFException("the file " + placed.file() + " ended inside tensor " + placed.name()
                        + "; was it changed while it was read?");
            }
            done += count;
            reached.accept(placed.offset() + done);
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
