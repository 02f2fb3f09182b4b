package dev.concertina.worker.exchange;

import dev.concertina.worker.epoch.AttachedEpoch;
import dev.concertina.worker.kernels.Kernels;
import dev.concertina.worker.model.ExpertGroups;
import dev.concertina.worker.model.ExpertLayout;
import dev.concertina.worker.model.ExpertMlp;
import dev.concertina.worker.model.Experts;
import dev.concertina.worker.model.ExpertsUnavailableException;
import dev.concertina.worker.model.ModelShape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Experts wherever the epoch has them: one request per peer and layer goes out, own experts are computed meanwhile, then the answers are taken.
 * Who computes a replicated expert is a fixed rule unless a peer just failed; it never shows in the bits. Used by one thread, which
 * sets the epoch before each pass.
 */
public final class ExpertExchange implements Experts, AutoCloseable {
    private final ModelShape shape;
    private final PeerLinks links;
    private final ExpertMlp mlp;
    private final ExpertGroups groups;
    private final LongAdder rowsComputed;
    private final int[] targets; // rank of each expert in this layer
    private PeerRows[] peers = new PeerRows[0]; // by rank
    private float[] in = new float[0];
    private float[] result = new float[0];
    private @Nullable AttachedEpoch epoch;

    /**
     * An exchange without connections yet.
     *
     * @param rowsComputed counts expert rows computed on this device
     */
    public ExpertExchange(Self self, ModelShape shape, ExpertLayout layout, Kernels kernels, LongAdder rowsComputed) {
        this.shape = shape;
        this.links = new PeerLinks(self);
        this.mlp = new ExpertMlp(kernels, layout);
        this.groups = new ExpertGroups(shape.experts(), shape.topK());
        this.rowsComputed = rowsComputed;
        this.targets = new int[shape.experts()];
    }

    /** The snapshot for the coming passes; acquired by the caller for as long as they last. */
    public void use(AttachedEpoch snapshot) {
        epoch = snapshot;
    }

    @Override
    public void compute(int layer, int rows, float[] x, int[] chosen, float[] out) throws ExpertsUnavailableException {
        AttachedEpoch snapshot = epoch;
        if (snapshot == null) {
            throw new IllegalStateException("no epoch set");
        }
        groups.group(rows, chosen);
        for (PeerRows peer : peers) {
            peer.rows = 0;
        }
        for (int expert = 0; expert < targets.length; expert++) {
            int count = groups.count(expert);
            if (count > 0) {
                targets[expert] = target(snapshot, layer, expert);
                if (targets[expert] != snapshot.rank()) {
                    peer(targets[expert]).add(groups, expert, count, x, shape.hidden());
                }
            }
        }
        ask(snapshot, layer);
        computeOwn(snapshot, layer, x, out);
        take(out);
    }

    /** Local when this rank holds it, else spread over the holders by (rank, layer, expert), passing over those that just failed. */
    private int target(AttachedEpoch snapshot, int layer, int expert) {
        int[] holders = snapshot.map().holders()[layer][expert];
        if (snapshot.expert(layer, expert) != null) {
            return snapshot.rank();
        }
        int first = Math.floorMod(snapshot.rank() + layer + expert, holders.length);
        for (int i = 0; i < holders.length; i++) {
            int holder = holders[(first + i) % holders.length];
            if (!links.resting(holder)) {
                return holder;
            }
        }
        return holders[first];
    }

    private PeerRows peer(int rank) {
        if (rank >= peers.length) {
            PeerRows[] more = new PeerRows[rank + 1];
            System.arraycopy(peers, 0, more, 0, peers.length);
            for (int i = peers.length; i < more.length; i++) {
                more[i] = new PeerRows();
            }
            peers = more;
        }
        return peers[rank];
    }

    private void ask(AttachedEpoch snapshot, int layer) throws ExpertsUnavailableException {
        for (int rank = 0; rank < peers.length; rank++) {
            PeerRows peer = peers[rank];
            if (peer.rows > 0) {
                try {
                    PeerLink link = links.to(snapshot, rank);
                    peer.link = link;
                    link.ask(snapshot.number(), layer, peer.rows, peer.experts, peer.x, shape.hidden());
                } catch (IOException e) {
                    links.failed(rank, true);
                    throw unavailable(rank, e.toString());
                }
            }
        }
    }

    private void computeOwn(AttachedEpoch snapshot, int layer, float[] x, float[] out) {
        int hidden = shape.hidden();
        for (int expert = 0; expert < targets.length; expert++) {
            int count = groups.count(expert);
            if (count == 0 || targets[expert] != snapshot.rank()) {
                continue;
            }
            MemorySegment weights = snapshot.expert(layer, expert);
            if (weights == null) {
                throw new IllegalStateException("expert " + layer + "/" + expert + " is not mapped here");
            }
            if (in.length < count * hidden) {
                in = new float[count * hidden];
                result = new float[count * hidden];
            }
            groups.gather(expert, x, hidden, in, 0);
            mlp.run(weights, in, count, result);
            groups.scatter(expert, result, 0, hidden, out);
            rowsComputed.add(count);
        }
    }

    private void take(float[] out) throws ExpertsUnavailableException {
        for (int rank = 0; rank < peers.length; rank++) {
            PeerRows peer = peers[rank];
            PeerLink link = peer.link;
            if (peer.rows == 0 || link == null) {
                continue;
            }
            try {
                String refusal = link.answer(peer.rows, shape.hidden(), peer.result());
                if (refusal != null) {
                    links.failed(rank, false);
                    throw unavailable(rank, refusal);
                }
            } catch (IOException e) {
                links.failed(rank, true);
                throw unavailable(rank, e.toString());
            }
            links.good(rank);
            peer.scatter(groups, targets, rank, shape.hidden(), out);
        }
    }

    private static ExpertsUnavailableException unavailable(int rank, String reason) {
        return new ExpertsUnavailableException("rank " + rank + ": " + reason);
    }

    @Override
    public void close() {
        links.close();
    }

    /** What goes to one peer in one layer. */
    private static final class PeerRows {
        private int rows;
        private int[] experts = new int[0];
        private float[] x = new float[0];
        private float[] back = new float[0];
        private @Nullable PeerLink link;

        void add(ExpertGroups groups, int expert, int count, float[] from, int hidden) {
            int wanted = rows + count;
            if (experts.length < wanted) {
                experts = Arrays.copyOf(experts, 2 * wanted);
                x = Arrays.copyOf(x, 2 * wanted * hidden);
                back = new float[2 * wanted * hidden];
            }
            Arrays.fill(experts, rows, wanted, expert);
            groups.gather(expert, from, hidden, x, rows * hidden);
            rows = wanted;
        }

        float[] result() {
            return back;
        }

        void scatter(ExpertGroups groups, int[] targets, int rank, int hidden, float[] out) {
            int at = 0;
            for (int expert = 0; expert < targets.length; expert++) {
                int count = groups.count(expert);
                if (count > 0 && targets[expert] == rank) {
                    groups.scatter(expert, back, at * hidden, hidden, out);
                    at += count;
                }
            }
        }
    }
}
