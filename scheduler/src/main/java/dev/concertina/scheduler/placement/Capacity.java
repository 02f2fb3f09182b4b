package dev.concertina.scheduler.placement;

import java.util.Arrays;

/** Slots of each rank and layer: those asked for, as far as the rank's memory holds them. */
final class Capacity {
    private Capacity() {}

    /** @throws IllegalArgumentException with the bytes that are missing when a layer's experts do not fit */
    static void check(int layers, int experts, int slotsPerRank, long expertBytes, long[] capacityBytes) {
        if (capacityBytes.length == 0) {
            return;
        }
        if (expertBytes < 1) {
            throw new IllegalArgumentException(
                    "an expert's size must be known to place by memory; it is " + expertBytes);
        }
        long copies = 0;
        for (int rank = 0; rank < capacityBytes.length; rank++) {
            if (capacityBytes[rank] < 0) {
                throw new IllegalArgumentException(
                        "rank " + rank + " has " + capacityBytes[rank] + " bytes for experts");
            }
            copies += Math.min(capacityBytes[rank] / expertBytes, (long) slotsPerRank * layers);
        }
        long missing = (long) layers * experts - copies;
        for (int layer = 0; layer < layers && missing <= 0; layer++) {
            missing = experts
                    - Arrays.stream(slots(layers, layer, experts, slotsPerRank, expertBytes, capacityBytes))
                            .sum();
        }
        if (missing > 0) {
            throw new IllegalArgumentException("the experts do not fit: " + missing + " of " + experts
                    + " experts of a layer have no place, " + missing * expertBytes
                    + " bytes are missing; more ranks, more memory or more slots are needed");
        }
    }

    /** {@code [rank]} slots in a layer; a rank with memory for a part of a round over the layers has one more in some of them. */
    static int[] slots(int layers, int layer, int experts, int slotsPerRank, long expertBytes, long[] capacityBytes) {
        int most = Math.min(slotsPerRank, experts);
        int[] slots = new int[capacityBytes.length];
        for (int rank = 0; rank < slots.length; rank++) {
            long copies = capacityBytes[rank] / expertBytes;
            long rest = copies % layers;
            // ranks take their extra slots in different layers, so that no layer is left with few
            boolean extra = Math.floorMod(layer + rank * (layers / Math.max(1, slots.length) + 1), layers) < rest;
            slots[rank] = (int) Math.min(most, copies / layers + (extra ? 1 : 0));
        }
        return slots;
    }
}
