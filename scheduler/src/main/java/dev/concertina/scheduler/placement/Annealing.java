package dev.concertina.scheduler.placement;

import java.util.SplittableRandom;

/**
 * Simulated annealing of one layer beside its neighbours as they are, change by change on its table: what descent cannot do where the objectives
 * pull against each other, at a fraction of what a change costs in OptaPlanner. The number of changes is the caller's, so equal seeds give equal
 * results. One thread at a time.
 */
final class Annealing {
    /** One in so many swaps begins at the fullest rank, which alone can lower the greatest load. */
    private static final int FROM_FULLEST = 4;

    /** One in so many changes gives a slot to a replica of another expert, where there are replicas. */
    private static final int REPLICAS = 4;

    /** One in so many of those empties the slot instead, where that is allowed. */
    private static final int EMPTIED = 8;

    private static final int CHANGES_PER_SLOT = 32;

    /** Leads over plateaus where the fullest rank stays the same; too small to decide between tables that differ. */
    private static final double ROUGHNESS = 0.1;

    /** Where only balance counts, a change may at first cost this part of a copy's load at an average rank. */
    private static final double WARMTH = 0.03;

    private static final int SAMPLES = 256;

    private final LayerTable table;
    private final LayerProblem problem;
    private final SplittableRandom random;
    private final int[] rankOf;
    private final int[] slotOf;
    private final int[] firstSlotOf;
    private final boolean replicas;
    private double temperature;
    private int fullest;
    private long most;

    Annealing(LayerTable table, long seed) {
        this.table = table;
        this.problem = table.problem();
        this.random = new SplittableRandom(seed);
        int slots = problem.totalSlots();
        rankOf = new int[slots];
        slotOf = new int[slots];
        firstSlotOf = new int[problem.ranks()];
        int next = 0;
        for (int rank = 0; rank < problem.ranks(); rank++) {
            firstSlotOf[rank] = next;
            for (int slot = 0; slot < table.slots(rank); slot++, next++) {
                rankOf[next] = rank;
                slotOf[next] = slot;
            }
        }
        replicas = slots > problem.experts();
        refresh();
    }

    private void refresh() {
        fullest = table.fullest();
        most = table.load(fullest);
    }

    /** The better of the start and where annealing from there and descent led. */
    static LayerTable improve(LayerTable start, long until, long seed) {
        LayerTable table = start.copy();
        Annealing annealing = new Annealing(table, seed);
        Cooling cooling = new Cooling(annealing.warmth(), start.problem().totalSlots(), until);
        while (cooling.next()) {
            annealing.slice(cooling.temperature());
        }
        new Descent(table, until).run();
        return table.weighted() < start.weighted() ? table : start;
    }

    /** Tries as many changes as a slice has, at a temperature in the unit of the weighted sum. */
    void slice(double at) {
        temperature = at;
        for (int change = 0; change < CHANGES_PER_SLOT * rankOf.length; change++) {
            int from = random.nextInt(rankOf.length);
            int to = random.nextInt(rankOf.length);
            if (random.nextInt(FROM_FULLEST) == 0) {
                int many = table.slots(fullest);
                from = many == 0 ? from : firstSlotOf[fullest] + random.nextInt(many);
            }
            if (rankOf[from] == rankOf[to]) {
                continue;
            }
            if (replicas && random.nextInt(REPLICAS) == 0) {
                replicate(from, to);
            } else {
                swap(from, to);
            }
        }
    }

    /** The scale of temperatures: what communication and moves change by in a swap, on average. */
    double warmth() {
        if (!problem.linear()) {
            return problem.weights().balance() * WARMTH * problem.ranks() / rankOf.length;
        }
        double sum = 0;
        int counted = 0;
        for (int i = 0; i < SAMPLES; i++) {
            int from = random.nextInt(rankOf.length);
            int to = random.nextInt(rankOf.length);
            int expert = table.expert(rankOf[from], slotOf[from]);
            int back = table.expert(rankOf[to], slotOf[to]);
            if (swappable(rankOf[from], expert, rankOf[to], back)) {
                sum += Math.abs(table.linearOfSwap(rankOf[from], expert, rankOf[to], back));
                counted++;
            }
        }
        return counted == 0 ? 0 : sum / counted;
    }

    private boolean swappable(int rank, int expert, int other, int back) {
        return rank != other
                && expert != back
                && (expert < 0 || !table.holds(other, expert))
                && (back < 0 || !table.holds(rank, back));
    }

    private boolean accepted(double grows) {
        return grows <= 0 || (temperature > 0 && random.nextDouble() < Math.exp(-grows / temperature));
    }

    private void swap(int from, int to) {
        int rank = rankOf[from];
        int other = rankOf[to];
        int expert = table.expert(rank, slotOf[from]);
        int back = table.expert(other, slotOf[to]);
        if (!swappable(rank, expert, other, back)) {
            return;
        }
        if (accepted(growth(rank, expert, other, back))) {
            table.swap(rank, slotOf[from], other, slotOf[to]);
            refresh();
        }
    }

    private double cost() {
        return table.weighted() + ROUGHNESS * table.roughness();
    }

    /** What a swap adds to the cost. */
    private double growth(int rank, int expert, int other, int back) {
        long gives = (expert < 0 ? 0 : table.share(expert)) - (back < 0 ? 0 : table.share(back));
        long less = table.load(rank) - gives;
        long more = table.load(other) + gives;
        long max = Math.max(less, more);
        if (max < most) {
            max = Math.max(max, rank == fullest || other == fullest ? others(rank, other) : most);
        }
        double rougher = square(less) + square(more) - square(table.load(rank)) - square(table.load(other));
        return problem.weights().balance() * (max - most) / LayerProblem.UNIT
                + problem.unspreadCost(table.unspreadBySwap(rank, expert, other, back))
                + table.linearOfSwap(rank, expert, other, back)
                + ROUGHNESS * rougher / problem.ranks();
    }

    private static double square(long load) {
        double relative = (double) load / LayerProblem.UNIT;
        return relative * relative;
    }

    private long others(int rank, int other) {
        long max = 0;
        for (int i = 0; i < problem.ranks(); i++) {
            max = i == rank || i == other ? max : Math.max(max, table.load(i));
        }
        return max;
    }

    /** A copy of one slot's expert in the other's place, or, where that is allowed and there is none to spare, the slot emptied. */
    private void replicate(int from, int into) {
        int rank = rankOf[into];
        int before = table.expert(rank, slotOf[into]);
        boolean empties = !problem.filled() && random.nextInt(EMPTIED) == 0;
        int expert = empties ? -1 : table.expert(rankOf[from], slotOf[from]);
        boolean spare = before < 0 || table.copies(before) > 1;
        boolean fits = expert < 0 ? !problem.filled() : !table.holds(rank, expert);
        if (!spare || !fits || expert == before) {
            return;
        }
        double cost = cost();
        table.set(rank, slotOf[into], expert);
        if (accepted(cost() - cost)) {
            refresh();
        } else {
            table.set(rank, slotOf[into], before);
        }
    }
}
