package dev.concertina.scheduler.placement;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.optaplanner.core.api.score.director.ScoreDirector;
import org.optaplanner.core.impl.heuristic.selector.move.factory.MoveIteratorFactory;

/**
 * Random moves that keep a table valid: swaps of two slots' experts, a replica given to another expert, and a slot emptied or
 * filled. Every other one begins at the
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
        private final boolean mayEmpty;
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
            mayEmpty = !table.problem().filled();
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
            if (from.rank() == to.rank()) {
                return null;
            }
            return replicas && random.nextInt(3) == 0 ? replicate(from, to) : swap(from, to);
        }

        private @Nullable SlotMove swap(ExpertSlot from, ExpertSlot to) {
            Integer expert = from.getExpert();
            Integer other = to.getExpert();
            boolean changes = !Objects.equals(expert, other) && fits(expert, to) && fits(other, from);
            return changes ? new SlotMove(from, other, to, expert) : null;
        }

        /** Another number of copies: one slot's expert also in the other's place, or a slot emptied. */
        private @Nullable SlotMove replicate(ExpertSlot from, ExpertSlot to) {
            return switch (random.nextInt(5)) {
                case 0, 1 -> copied(from.getExpert(), to);
                case 2, 3 -> copied(to.getExpert(), from);
                default ->
                    mayEmpty && from.getExpert() != null && spare(from) ? new SlotMove(from, null, from, null) : null;
            };
        }

        private @Nullable SlotMove copied(@Nullable Integer expert, ExpertSlot into) {
            return expert != null && fits(expert, into) && spare(into)
                    ? new SlotMove(into, expert, into, expert)
                    : null;
        }

        private boolean fits(@Nullable Integer expert, ExpertSlot slot) {
            return expert == null || !table.holds(slot.rank(), expert);
        }

        private boolean spare(ExpertSlot slot) {
            Integer expert = slot.getExpert();
            return expert == null || table.copies(expert) > 1;
        }

        private ExpertSlot ofFullest() {
            int rank = table.fullest();
            int many = firstSlotOf[rank + 1] - firstSlotOf[rank];
            return slots.get(many == 0 ? random.nextInt(slots.size()) : firstSlotOf[rank] + random.nextInt(many));
        }
    }
}
