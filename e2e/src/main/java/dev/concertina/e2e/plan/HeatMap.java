package dev.concertina.e2e.plan;

import dev.concertina.scheduler.placement.Placement;
import dev.concertina.scheduler.placement.PlacementProblem;
import dev.concertina.scheduler.placement.PlacementResult;
import java.util.Arrays;
import java.util.Locale;

/** Load of each accelerator in each layer as SVG: blue below the mean, white at it, red above. */
final class HeatMap {
    private static final int CELL = 14;
    private static final int LEFT = 60;
    private static final int TOP = 40;

    private HeatMap() {}

    static String svg(PlacementProblem problem, PlacementResult result) {
        double[][] load = loads(problem, result.placement());
        int width = Math.max(2, Math.min(CELL, 1200 / problem.ranks()));
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"10\">%n",
                LEFT + width * problem.ranks() + 20,
                TOP + CELL * problem.layers() + 20));
        svg.append(
                "<text x=\"4\" y=\"14\">load / mean of each accelerator (across) in each layer (down); white 1, red 1.5, blue 0.5</text>\n");
        for (int layer = 0; layer < problem.layers(); layer++) {
            int y = TOP + CELL * layer;
            svg.append(String.format(Locale.ROOT, "<text x=\"4\" y=\"%d\">layer %d</text>%n", y + CELL - 3, layer));
            for (int rank = 0; rank < problem.ranks(); rank++) {
                svg.append(String.format(
                        Locale.ROOT,
                        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"><title>layer %d, accelerator %d: %.3f</title></rect>%n",
                        LEFT + width * rank,
                        y,
                        width,
                        CELL - 1,
                        colour(load[layer][rank]),
                        layer,
                        rank,
                        load[layer][rank]));
            }
        }
        return svg.append("</svg>\n").toString();
    }

    /** {@code [layer][accelerator]} over the mean. */
    private static double[][] loads(PlacementProblem problem, Placement placement) {
        double[][] load = new double[problem.layers()][problem.ranks()];
        for (int layer = 0; layer < load.length; layer++) {
            double mean = Arrays.stream(problem.load()[layer]).sum() / problem.ranks();
            for (int expert = 0; expert < problem.experts(); expert++) {
                int[] holders = placement.holders()[layer][expert];
                for (int rank : holders) {
                    load[layer][rank] += mean == 0 ? 0 : problem.load()[layer][expert] / holders.length / mean;
                }
            }
        }
        return load;
    }

    private static String colour(double load) {
        double hot = Math.clamp((load - 1) / 0.5, -1, 1);
        int fade = (int) Math.round(255 * (1 - Math.abs(hot)));
        return hot >= 0 ? String.format("#ff%02x%02x", fade, fade) : String.format("#%02x%02xff", fade, fade);
    }
}
