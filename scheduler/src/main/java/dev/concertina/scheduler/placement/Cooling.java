package dev.concertina.scheduler.placement;

/**
 * The falling temperatures of an annealing, one for each slice of changes: as many as were planned, with steps left out where the time does not
 * suffice for all, so that it ends cold in any case. Equal runs have equal temperatures unless the time runs out.
 */
final class Cooling {
    /** First and last temperature over the warmth that is asked for. */
    private static final double HOTTEST = 0.5;

    private static final double COLDEST = 0.005;
    private static final int PER_SLOT = 16;
    private static final int MOST_SLICES = 2_000;

    private final double warmth;
    private final int slices;
    private final long began = System.nanoTime();
    private final long until;
    private int slice = -1;

    /**
     * A cooling that begins now.
     *
     * @param warmth by how much a change that should pass at first may make things worse
     * @param slots of a layer, which decide how many slices are planned
     * @param until of {@link System#nanoTime()}
     */
    Cooling(double warmth, int slots, long until) {
        this.warmth = warmth;
        this.slices = Math.min(PER_SLOT * slots, MOST_SLICES);
        this.until = until;
    }

    /** Goes on to the next temperature; false when that was the last. */
    boolean next() {
        double spent = (double) (System.nanoTime() - began) / Math.max(1, until - began);
        slice = Math.max(slice + 1, (int) Math.min(slices, spent * slices));
        return slice < slices;
    }

    /** Number of the slice, from 0; it may leave some out. */
    int slice() {
        return slice;
    }

    double temperature() {
        return warmth * HOTTEST * Math.pow(COLDEST / HOTTEST, (double) slice / slices);
    }
}
