package dev.concertina.scheduler.placement;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.optaplanner.core.api.score.director.ScoreDirector;
import org.optaplanner.core.impl.heuristic.selector.move.factory.MoveIteratorFactory;

/**
 * Random moves that keep a table valid: swaps of two slots' experts, and a replica given to another expert. Every other one begins at the
 * fullest rank, since no other can lower the greatest load.
 */
public class SlotMoves implements MoveIteratorFactory<LayerSolution, SlotMove> {
    private static final int TRIES = 1_000;

    @Override
    public long getSize(ScoreDirector<LayerSolution> director) {
        long slots = director.getWorkingSolution().getSlots().size();
        return slots * slots;
    }

    @Override
    public Iterator<SlotMove> createOriginalMoveIterator(ScoreDirector<LayerSolution> director) {
        throw new UnsupportedOperationException("moves are drawn at random only");
    }

    @Override
    public Iterator<SlotMove> createRandomMoveIterator(ScoreDirector<LayerSolution> director, Random random) {
        return new RandomMoves(director.getWorkingSolution(), random);
    }

    private static final class RandomMoves implements Iterator<SlotMove> {
        private final List<ExpertSlot> slots;
        private final LayerTable table;
        private final Random random;
        private final int[] firstSlotOf;
        private final boolean replicas;
        private @Nullable SlotMove next;

        private RandomMoves(LayerSolution solution, Random random) {
            this.slots = solution.getSlots();
            this.table = solution.live();
            this.random = random;
            int ranks = table.problem().ranks();
            firstSlotOf = new int[ranks + 1];
            for (int rank = 0; rank < ranks; rank++) {
                firstSlotOf[rank + 1] = firstSlotOf[rank] + table.slots(rank);
            }
            replicas = slots.size() > table.problem().experts();
        }

        @Override
        public boolean hasNext() {
            for (int attempt = 0; next == null && attempt < TRIES; attempt++) {
                next = draw();
            }
            return next != null;
        }

        @Override
        public SlotMove next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            SlotMove move = next;
            next = null;
            if (move == null) {
                throw new NoSuchElementException();
            }
            return move;
        }

        private @Nullable SlotMove draw() {
            ExpertSlot from = random.nextBoolean() ? ofFullest() : slots.get(random.nextInt(slots.size()));
            ExpertSlot to = slots.get(random.nextInt(slots.size()));
            Integer expert = from.getExpert();
            Integer other = to.getExpert();
            if (from.rank() == to.rank() || expert == null || other == null || table.holds(to.rank(), expert)) {
                return null;
            }
            if (replicas && random.nextInt(3) == 0) {
                return replicate(from, expert, to, other);
            }
            return table.holds(from.rank(), other) ? null : new SlotMove(from, other, to, expert);
        }

        private ExpertSlot ofFullest() {
            int rank = table.fullest();
            int many = firstSlotOf[rank + 1] - firstSlotOf[rank];
            return slots.get(many == 0 ? random.nextInt(slots.size()) : firstSlotOf[rank] + random.nextInt(many));
        }

        /** One copy more of the expert in place of another's spare copy, or the other way round. */
        private @Nullable SlotMove replicate(ExpertSlot from, Integer expert, ExpertSlot to, Integer other) {
            if (random.nextBoolean()) {
                return table.copies(other) > 1 ? new SlotMove(to, expert, to, expert) : null;
            }
            boolean spare = table.copies(expert) > 1 && !table.holds(from.rank(), other);
            return spare ? new SlotMove(from, other, from, other) : null;
        }
    }
}
