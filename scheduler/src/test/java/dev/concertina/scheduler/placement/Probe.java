package dev.concertina.scheduler.placement;

import java.time.Duration;
import java.util.*;
import java.util.stream.*;

public class Probe {
    public static void main(String[] a) {
        long ms = Long.parseLong(a[0]);
        int[][] cases = {
            {58, 256, 32, 8},
            {58, 256, 32, 10},
            {58, 256, 64, 5},
            {58, 256, 160, 2},
            {58, 256, 320, 1},
            {24, 32, 8, 4},
            {24, 32, 8, 5},
            {24, 32, 16, 2},
            {24, 32, 16, 3},
            {6, 16, 3, 6}
        };
        for (int rep = 0; rep < 2; rep++)
            for (int[] c : cases) {
                double[][] load = PlacementSolverTest.skewed(new Random(3), c[0], c[1]);
                List<String> nodes =
                        IntStream.range(0, c[2]).mapToObj(r -> "n" + r / 8).toList();
                PlacementProblem p = new PlacementProblem(
                        c[0],
                        c[1],
                        c[2],
                        c[3],
                        load,
                        null,
                        new int[0],
                        nodes,
                        1,
                        Weights.DEFAULT,
                        Duration.ofMillis(ms),
                        1);
                PlacementResult r = new PlacementSolver().solve(p);
                double e = Eplb.pack(p).balance() / c[0];
                System.out.printf(
                        "%s EPLB %.4f first %.4f (%d ms) found %.4f bound %.4f unspread %d in %d ms%n",
                        Arrays.toString(c),
                        e,
                        r.start().balance() / c[0],
                        r.firstAnswer().toMillis(),
                        r.score().balance() / c[0],
                        Arrays.stream(r.boundPerLayer()).average().orElse(0),
                        r.score().unspread(),
                        r.elapsed().toMillis());
            }
    }
}
