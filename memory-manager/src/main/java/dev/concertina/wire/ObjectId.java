package dev.concertina.wire;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * One independently movable object of a model on a device: all dense tensors together, one expert, or the KV pool.
 * Written as {@code dense}, {@code kv} or {@code expert/LAYER/EXPERT}.
 *
 * @param kind what it is
 * @param layer MoE layer of an expert, -1 otherwise
 * @param expert expert within its layer, -1 otherwise
 */
public record ObjectId(Kind kind, int layer, int expert) implements Comparable<ObjectId> {
    /** Kinds of objects. */
    public enum Kind {
        /** Attention, norms, routers, embeddings and the output head: one segment per device. */
        DENSE,
        /** Gate, up and down matrices of one expert, packed. */
        EXPERT,
        /** The device's KV page pool. */
        KV
    }

    public static final ObjectId DENSE = new ObjectId(Kind.DENSE, -1, -1);
    public static final ObjectId KV = new ObjectId(Kind.KV, -1, -1);

    public ObjectId {
        if ((kind == Kind.EXPERT) != (layer >= 0 && expert >= 0)) {
            throw new IllegalArgumentException(
                    "only experts have a layer and a number: " + kind + " " + layer + " " + expert);
        }
    }

    public static ObjectId expert(int layer, int expert) {
        return new ObjectId(Kind.EXPERT, layer, expert);
    }

    /**
     * The inverse of {@link #toString}.
     *
     * @throws IllegalArgumentException for any other text
     */
    @JsonCreator
    public static ObjectId parse(String text) {
        if (text.equals("dense")) {
            return DENSE;
        }
        if (text.equals("kv")) {
            return KV;
        }
        String[] parts = text.split("/", -1);
        if (parts.length == 3 && parts[0].equals("expert")) {
            return expert(Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
        }
        throw new IllegalArgumentException("not an object id: '" + text + "' (dense, kv or expert/LAYER/EXPERT)");
    }

    @JsonValue
    @Override
    public String toString() {
        return kind == Kind.EXPERT ? "expert/" + layer + "/" + expert : kind == Kind.DENSE ? "dense" : "kv";
    }

    @Override
    public int compareTo(ObjectId other) {
        int byKind = kind.compareTo(other.kind);
        int byLayer = byKind != 0 ? byKind : Integer.compare(layer, other.layer);
        return byLayer != 0 ? byLayer : Integer.compare(expert, other.expert);
    }
}
