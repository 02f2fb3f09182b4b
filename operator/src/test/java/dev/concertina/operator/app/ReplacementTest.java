package dev.concertina.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.placement.Placements;
import dev.concertina.operator.placement.Placements.Published;
import dev.concertina.scheduler.load.TrafficEvent;
import dev.concertina.scheduler.placement.Placement;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The experts' load changes while the width stays: against the CRUD server. */
class ReplacementTest extends OperatorHarness {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Published applied() {
        return new Placements(client).applied(NAMESPACE, NAME).orElseThrow();
    }

    /** What rank 0 holds gets nearly all the load. */
    private static long[][] skewed(Placement placement) {
        long[][] tokens = new long[placement.layers()][placement.experts()];
        for (int layer = 0; layer < tokens.length; layer++) {
            for (int expert = 0; expert < tokens[layer].length; expert++) {
                tokens[layer][expert] = placement.holds(0, layer, expert) ? 100_000 : 1_000;
            }
        }
        return tokens;
    }

    private static double fullest(Placement placement, long[][] tokens) {
        double sum = 0;
        for (int layer = 0; layer < tokens.length; layer++) {
            double[] load = new double[placement.ranks()];
            double total = 0;
            for (int expert = 0; expert < tokens[layer].length; expert++) {
                int[] holders = placement.holders()[layer][expert];
                for (int rank : holders) {
                    load[rank] += (double) tokens[layer][expert] / holders.length;
                }
                total += tokens[layer][expert];
            }
            double max = 0;
            for (double of : load) {
                max = Math.max(max, of);
            }
            sum += max * load.length / total;
        }
        return sum / tokens.length;
    }

    @Test
    void aLoadThatFillsOneRankIsPlacedAnewOnce() {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        Placement before = applied().placement();
        long[][] tokens = skewed(before);
        assertThat(fullest(before, tokens)).isGreaterThan(1.5);
        await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(1)).until(() -> {
            control.loads().accept(new TrafficEvent.Experts(KEY, 0, Instant.now(), 1, tokens));
            return operations().size() == 2 && lastPhase() == Phase.Succeeded;
        });
        ScaleOperation operation = operations().getLast();
        assertThat(operation.getSpec().requester()).isEqualTo(Operations.REQUESTER_PLACEMENT);
        assertThat(operation.getSpec().fromWidth()).isEqualTo(2);
        assertThat(operation.getSpec().toWidth()).isEqualTo(2);
        assertThat(operation.getSpec().reason()).contains("the routing has changed", "max/mean load");
        assertThat(operation.getStatus().done().copied()).isPositive();
        assertThat(operation.getStatus().done().loaded()).isZero();
        Placement after = applied().placement();
        assertThat(fullest(after, tokens)).isLessThan(1.1);
        assertMemoryMatches(2);
        // the same load goes on: the placement fits it and stays
        for (int i = 0; i < 3; i++) {
            control.loads().accept(new TrafficEvent.Experts(KEY, 0, Instant.now(), 1, tokens));
        }
        await().during(Duration.ofSeconds(3))
                .atMost(Duration.ofSeconds(6))
                .until(() -> operations().size() == 2);
    }
}
