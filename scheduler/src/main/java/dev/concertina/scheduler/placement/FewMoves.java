package dev.concertina.scheduler.placement;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * The best balance that few moves from the current placement can give: a beam search that goes on from the best tables of each number of moves,
 * each change taking load off the fullest rank (a swap, or a replica in place of one that can be spared). Annealing and descent judge one change
 * at a time and stop where two cheap changes together would pay; with few moves there are few enough to try them together.
 */
final class FewMoves {
    /** Tables that are gone on from for each number of moves: more as long as there is time. */
    private static final int[] WIDTHS = {16, 64, 256, 1024};

    private static final int EXPERT_BITS = 20;

    private final LayerTable table;
    private final LayerProblem problem;
    private final long deadline;
    private final int width;
    /** {@code [moves]} what to go on from, the worst first. */
    private final List<PriorityQueue<Node>> levels = new ArrayList<>();

    private final List<Set<Long>> seen = new ArrayList<>();
    private Node best;
    private double least;

    /**
     * Changes since the start.
     *
     * @param changes {@code rank, slot, expert} of each
     * @param hash of the assignment
     * @param steepness sum over the ranks of a high power of the load, which tells how much is left to do
     */
    private record Node(int[] changes, long hash, double steepness) {}

    private FewMoves(LayerTable table, int width, long deadline) {
        this.table = table;
        this.problem = table.problem();
        this.width = width;
        this.deadline = deadline;
        this.best = new Node(new int[0], 0, steepness());
        this.least = table.weighted();
    }

    /**
     * The better of the start and what was found.
     *
     * @param start what the ranks hold now, as far as it is allowed
     */
    static LayerTable improve(LayerTable start, long deadline) {
        LayerTable best = start;
        for (int width : WIDTHS) {
            FewMoves search = new FewMoves(start.copy(), width, deadline);
            search.run();
            search.apply(search.best.changes());
            best = search.table.weighted() < best.weighted() ? search.table : best;
        }
        return best;
    }

    private void run() {
        int moved = table.moved();
        offer(moved, best, best.changes());
        double bound = problem.weights().balance() * ((double) Bound.of(problem) / LayerProblem.UNIT - 1);
        double perMove = problem.weights().movement() / problem.experts();
        for (int level = moved; level < levels.size() && bound + perMove * level < least; level++) {
            List<Node> nodes = new ArrayList<>(levels.get(level));
            nodes.sort(Comparator.comparingDouble(Node::steepness));
            for (Node node : nodes) {
                if (System.nanoTime() - deadline >= 0) {
                    return;
                }
                int[] undo = apply(node.changes());
                double now = table.weighted();
                if (now < least - Descent.SMALLEST_GAIN) {
                    least = now;
                    best = node;
                }
                expand(node);
                undo(undo);
            }
            levels.get(level).clear();
        }
    }

    /** What was in the slots before, in the same form. */
    private int[] apply(int[] changes) {
        int[] before = changes.clone();
        for (int i = 0; i < changes.length; i += 3) {
            before[i + 2] = table.expert(changes[i], changes[i + 1]);
            table.set(changes[i], changes[i + 1], changes[i + 2]);
        }
        return before;
    }

    private void undo(int[] before) {
        for (int i = before.length - 3; i >= 0; i -= 3) {
            table.set(before[i], before[i + 1], before[i + 2]);
        }
    }

    private void expand(Node node) {
        int from = table.fullest();
        for (int slot = 0; slot < table.slots(from); slot++) {
            int expert = table.expert(from, slot);
            if (expert < 0) {
                continue;
            }
            boolean spare = table.copies(expert) > 1;
            for (int to = 0; to < problem.ranks(); to++) {
                if (to == from || table.holds(to, expert)) {
                    continue;
                }
                for (int back = 0; back < table.slots(to); back++) {
                    swap(node, from, slot, to, back);
                    int other = table.expert(to, back);
                    if (other < 0 || table.copies(other) > 1) {
                        replace(node, to, back, expert);
                    }
                }
            }
            for (int other = 0; spare && other < problem.experts(); other++) {
                if (!table.holds(from, other)) {
                    replace(node, from, slot, other);
                }
            }
        }
    }

    private void swap(Node node, int from, int slot, int to, int back) {
        int expert = table.expert(from, slot);
        int other = table.expert(to, back);
        long gain = table.share(expert) - (other < 0 ? 0 : table.share(other));
        if (gain <= 0 || table.load(to) + gain >= table.load(from) || (other >= 0 && table.holds(from, other))) {
            return;
        }
        double steepness = node.steepness()
                + steep(table.load(from) - gain)
                + steep(table.load(to) + gain)
                - steep(table.load(from))
                - steep(table.load(to));
        long hash = node.hash() ^ key(from, expert) ^ key(to, expert) ^ key(to, other) ^ key(from, other);
        int moved = table.moved() + table.movedBySwap(from, expert, to, other);
        offer(moved, new Node(node.changes(), hash, steepness), new int[] {from, slot, other, to, back, expert});
    }

    /** Leaves changes that do not lower the greatest load alone: they only make sense where they take it off somewhere else. */
    private void replace(Node node, int rank, int slot, int expert) {
        int before = table.expert(rank, slot);
        table.set(rank, slot, expert);
        double steepness = steepness();
        int moved = table.moved();
        table.set(rank, slot, before);
        if (steepness < node.steepness()) {
            long hash = node.hash() ^ key(rank, expert) ^ key(rank, before);
            offer(moved, new Node(node.changes(), hash, steepness), new int[] {rank, slot, expert});
        }
    }

    private void offer(int moved, Node node, int[] added) {
        while (levels.size() <= moved) {
            levels.add(new PriorityQueue<>(
                    Comparator.comparingDouble(Node::steepness).reversed()));
            seen.add(new HashSet<>());
        }
        PriorityQueue<Node> level = levels.get(moved);
        Node worst = level.size() < width ? null : level.peek();
        if ((worst != null && worst.steepness() <= node.steepness())
                || !seen.get(moved).add(node.hash())) {
            return;
        }
        int[] changes = new int[node.changes().length + added.length];
        System.arraycopy(node.changes(), 0, changes, 0, node.changes().length);
        System.arraycopy(added, 0, changes, node.changes().length, added.length);
        level.add(new Node(changes, node.hash(), node.steepness()));
        if (level.size() > width) {
            level.remove();
        }
    }

    private double steepness() {
        double sum = 0;
        for (int rank = 0; rank < problem.ranks(); rank++) {
            sum += steep(table.load(rank));
        }
        return sum;
    }

    /** The eighth power of a rank's load over the mean. */
    private static double steep(long load) {
        double power = (double) load / LayerProblem.UNIT;
        power *= power;
        power *= power;
        return power * power;
    }

    private static long key(int rank, int expert) {
        long mixed = (((long) rank << EXPERT_BITS) | (expert + 1)) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return expert < 0 ? 0 : mixed ^ (mixed >>> 31);
    }
}
