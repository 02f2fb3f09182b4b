package dev.concertina.operator.placement;

import dev.concertina.scheduler.placement.Placement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The table of an {@code ExpertPlacement} as text: one line per layer, experts separated by spaces, holders by commas. */
public final class PlacementTable {
    private PlacementTable() {}

    public static List<String> encode(Placement placement) {
        List<String> lines = new ArrayList<>();
        for (int[][] layer : placement.holders()) {
            lines.add(Arrays.stream(layer)
                    .map(holders ->
                            Arrays.stream(holders).mapToObj(String::valueOf).collect(Collectors.joining(",")))
                    .collect(Collectors.joining(" ")));
        }
        return lines;
    }

    /**
     * The inverse of {@link #encode}.
     *
     * @throws IllegalArgumentException in one sentence for any other text
     */
    public static Placement decode(int ranks, List<String> lines) {
        int[][][] holders = new int[lines.size()][][];
        for (int layer = 0; layer < holders.length; layer++) {
            String[] experts = lines.get(layer).trim().split(" +", -1);
            holders[layer] = new int[experts.length][];
            for (int expert = 0; expert < experts.length; expert++) {
                try {
                    holders[layer][expert] = Arrays.stream(experts[expert].split(",", -1))
                            .mapToInt(Integer::parseInt)
                            .toArray();
                } catch (NumberFormatException e) {
                    throw new IllegalArgumentException(
                            "table line " + layer + ": '" + experts[expert] + "' is not a list of ranks", e);
                }
            }
        }
        return new Placement(ranks, holders);
    }
}
