package dev.concertina.e2e.cluster;

import dev.concertina.crds.ScaleOperationStatus.Phase;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One cell of the fault matrix.
 *
 * @param up scale-up, or scale-down
 * @param phase of the operation in which the fault is put
 */
record FaultPair(boolean up, Phase phase, Fault fault) {
    /** The phases of an operation that has no trouble, in their order. */
    static final List<Phase> PHASES = List.of(
            Phase.Planned,
            Phase.Provisioning,
            Phase.Staging,
            Phase.Warming,
            Phase.Committing,
            Phase.Migrating,
            Phase.Reclaiming);

    String title() {
        return (up ? "up" : "down") + "/" + phase + "/" + fault.title();
    }

    /** The whole matrix, or a row, a column or a cell of it, in order. */
    static List<FaultPair> matrix(@Nullable Phase phase, @Nullable Fault fault) {
        List<FaultPair> all = new ArrayList<>();
        for (Fault each : Fault.values()) {
            for (boolean up : new boolean[] {true, false}) {
                for (Phase one : PHASES) {
                    if ((phase == null || phase == one) && (fault == null || fault == each)) {
                        all.add(new FaultPair(up, one, each));
                    }
                }
            }
        }
        return List.copyOf(all);
    }

    /**
     * Some of them, drawn by a seed: as many different faults as there is room for, up and down in turn, so that the width goes up and down
     * without steps in between.
     */
    static List<FaultPair> draw(List<FaultPair> from, int count, long seed) {
        List<FaultPair> shuffled = new ArrayList<>(from);
        Collections.shuffle(shuffled, new Random(seed));
        List<FaultPair> drawn = new ArrayList<>();
        while (drawn.size() < count && !shuffled.isEmpty()) {
            boolean up = drawn.size() % 2 == 0;
            FaultPair next = shuffled.stream()
                    .filter(pair -> pair.up() == up)
                    .filter(pair -> drawn.size() >= Fault.values().length
                            || drawn.stream().noneMatch(d -> d.fault() == pair.fault()))
                    .findFirst()
                    .orElse(shuffled.getFirst());
            shuffled.remove(next);
            drawn.add(next);
        }
        return List.copyOf(drawn);
    }
}
