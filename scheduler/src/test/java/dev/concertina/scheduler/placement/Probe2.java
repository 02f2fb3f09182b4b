package dev.concertina.scheduler.placement;

import java.time.Duration;
import java.util.*;
import java.util.stream.*;

public class Probe2 {
    public static void main(String[] a) {
        int[] c = {58, 256, 160, 2};
        double[][] load = PlacementSolverTest.skewed(new Random(3), c[0], c[1]);
        List<String> nodes = IntStream.range(0, c[2]).mapToObj(r -> "n" + r / 8).toList();
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
                new Weights(1, 0.1, 0),
                Duration.ofMillis(1),
                1);
        PlacementResult r = new PlacementSolver().solve(p);
        Placement e = Eplb.pack(p).placement();
        double[] s = new PlacementSolver().imbalance(p, e);
        for (int l = 0; l < 58; l++) {
            int n = 0;
            for (int x = 0; x < 256; x++) n += e.holders()[l][x].length;
            PlacementProblem one = new PlacementProblem(
                    1,
                    256,
                    160,
                    2,
                    new double[][] {load[l]},
                    null,
                    new int[0],
                    nodes,
                    1,
                    Weights.DEFAULT,
                    Duration.ofMillis(1),
                    1);
            System.out.printf(
                    "%d eplb %.5f dedup %.5f copies %d ours %.5f%n",
                    l, Eplb.pack(one).balance(), s[l], n, r.imbalancePerLayer()[l]);
        }
    }
}
