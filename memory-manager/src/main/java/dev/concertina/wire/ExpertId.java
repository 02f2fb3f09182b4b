package dev.concertina.wire;

/**
 * One logical expert.
 *
 * @param layer MoE layer, 0-based
 * @param expert expert within its layer, 0-based
 */
public record ExpertId(int layer, int expert) implements Comparable<ExpertId> {
    public ExpertId {
        if (layer < 0 || expert < 0) {
            throw new IllegalArgumentException("no such expert: layer " + layer + ", expert " + expert);
        }
    }

    @Override
    public int compareTo(ExpertId other) {
        return layer != other.layer ? Integer.compare(layer, other.layer) : Integer.compare(expert, other.expert);
    }
}
