package dev.concertina.e2e.cli;

import dev.concertina.crds.ExpertPlacement;
import dev.concertina.crds.ExpertPlacementStatus;
import dev.concertina.operator.placement.PlacementTable;
import dev.concertina.scheduler.placement.Placement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** An {@code ExpertPlacement} for people: ranks, layers, and in one layer who holds what. Pure. */
final class PlacementText {
    private static final int REPLICAS_SHOWN = 4;

    private final ExpertPlacement object;
    private final Placement placement;

    /** @throws IllegalArgumentException in one sentence when its table is none */
    PlacementText(ExpertPlacement object) {
        this.object = object;
        this.placement =
                PlacementTable.decode(object.getSpec().ranks(), object.getSpec().table());
    }

    /** Head, a line per rank and a line per layer. */
    List<String> summary() {
        List<String> lines = new ArrayList<>();
        ExpertPlacementStatus status = object.getStatus();
        lines.add(object.getMetadata().getName() + " of " + object.getSpec().deployment() + ", epoch "
                + object.getSpec().epoch() + ", "
                + (status == null || status.appliedEpoch() == null ? "never in use" : "in use since that epoch"));
        int slots = IntStream.range(0, placement.ranks()).map(this::slots).sum();
        int logical = placement.layers() * placement.experts();
        lines.add(placement.layers() + " layers of " + placement.experts() + " experts on " + placement.ranks()
                + " ranks; " + (slots - logical) + " replica(s)"
                + (status == null || status.expertsMoved() == null
                        ? ""
                        : "; " + status.expertsMoved() + " experts came from elsewhere")
                + (status == null || status.imbalance() == null
                        ? ""
                        : String.format(Locale.ROOT, "; max/mean load %.3f", status.imbalance())));
        lines.add("");
        lines.add(String.format("%-6s %8s  %s", "rank", "experts", "per layer"));
        for (int rank = 0; rank < placement.ranks(); rank++) {
            int number = rank;
            int[] perLayer = IntStream.range(0, placement.layers())
                    .map(layer -> held(layer, number).size())
                    .toArray();
            lines.add(String.format("%-6d %8d  %s", rank, slots(rank), span(perLayer)));
        }
        lines.add("");
        lines.add(String.format("%-6s %9s  %-16s %s", "layer", "max/mean", "experts per rank", "replicas"));
        for (int layer = 0; layer < placement.layers(); layer++) {
            int number = layer;
            int[] perRank = IntStream.range(0, placement.ranks())
                    .map(rank -> held(number, rank).size())
                    .toArray();
            lines.add(String.format("%-6d %9s  %-16s %s", layer, imbalance(layer), span(perRank), replicas(layer)));
        }
        return lines;
    }

    /**
     * One layer: each rank's experts as ranges.
     *
     * @throws IllegalArgumentException in one sentence when there is no such layer
     */
    List<String> layer(int layer) {
        if (layer < 0 || layer >= placement.layers()) {
            throw new IllegalArgumentException(
                    "there is no layer " + layer + "; they are 0 to " + (placement.layers() - 1));
        }
        List<String> lines = new ArrayList<>();
        lines.add(String.format("%-6s %8s  %s", "rank", "experts", "which, in layer " + layer));
        for (int rank = 0; rank < placement.ranks(); rank++) {
            List<Integer> held = held(layer, rank);
            lines.add(String.format("%-6d %8d  %s", rank, held.size(), ranges(held)));
        }
        return lines;
    }

    private int slots(int rank) {
        return IntStream.range(0, placement.layers())
                .map(layer -> held(layer, rank).size())
                .sum();
    }

    private List<Integer> held(int layer, int rank) {
        return IntStream.range(0, placement.experts())
                .filter(expert -> placement.holds(rank, layer, expert))
                .boxed()
                .toList();
    }

    private String imbalance(int layer) {
        @Nullable ExpertPlacementStatus status = object.getStatus();
        List<Double> known = status == null ? null : status.imbalancePerLayer();
        return known == null || layer >= known.size() ? "-" : String.format(Locale.ROOT, "%.3f", known.get(layer));
    }

    private String replicas(int layer) {
        List<String> replicated = new ArrayList<>();
        for (int expert = 0; expert < placement.experts(); expert++) {
            int[] holders = placement.holders()[layer][expert];
            if (holders.length > 1) {
                replicated.add(expert + " on "
                        + Arrays.stream(holders).mapToObj(String::valueOf).collect(Collectors.joining("+")));
            }
        }
        if (replicated.isEmpty()) {
            return "none";
        }
        String some = replicated.stream().limit(REPLICAS_SHOWN).collect(Collectors.joining(", "));
        int more = replicated.size() - REPLICAS_SHOWN;
        return more > 0 ? some + " and " + more + " more" : some;
    }

    private static String span(int[] counts) {
        int least = Arrays.stream(counts).min().orElse(0);
        int most = Arrays.stream(counts).max().orElse(0);
        return least == most ? String.valueOf(least) : least + " to " + most;
    }

    /** {@code 0-3 7 9-10}. */
    static String ranges(List<Integer> sorted) {
        List<String> ranges = new ArrayList<>();
        int i = 0;
        while (i < sorted.size()) {
            int first = sorted.get(i);
            int last = first;
            while (i + 1 < sorted.size() && sorted.get(i + 1) == last + 1) {
                i++;
                last = sorted.get(i);
            }
            ranges.add(first == last ? String.valueOf(first) : first + "-" + last);
            i++;
        }
        return ranges.isEmpty() ? "none" : String.join(" ", ranges);
    }
}
