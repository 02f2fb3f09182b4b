package dev.concertina.e2e.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Every figure of {@code plan --json} from its definition, from nothing but that file, the placement before and the routing. */
class PlanFiguresTest {
    private static final int TOKENS = 200;
    private static final int LAYERS = 3;
    private static final int CHOICES = 2;
    private static final int EXPERTS = 10;
    private static final int ACCELERATORS = 4;
    private static final int PER_NODE = 2;
    private static final int SLOTS = 4;
    private static final long EXPERT_BYTES = 1_000;

    @TempDir
    private Path dir;

    /** {@code [token][layer][choice]}, some experts far more often than others. */
    private static int[][][] routing(long seed) {
        Random random = new Random(seed);
        int[][][] ids = new int[TOKENS][LAYERS][CHOICES];
        for (int[][] token : ids) {
            for (int[] choices : token) {
                choices[0] = (int) (EXPERTS * random.nextDouble() * random.nextDouble());
                choices[1] = (choices[0] + 1 + random.nextInt(EXPERTS - 1)) % EXPERTS;
            }
        }
        return ids;
    }

    private Path npz(String name, int[][][] ids) throws IOException {
        String header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + TOKENS + ", " + LAYERS + ", " + CHOICES
                + "), }\n";
        Path file = dir.resolve(name);
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("expert_ids.npy"));
            zip.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) header.length(), 0});
            zip.write(header.getBytes(StandardCharsets.US_ASCII));
            for (int[][] token : ids) {
                for (int[] choices : token) {
                    for (int expert : choices) {
                        zip.write(expert);
                    }
                }
            }
        }
        return file;
    }

    private JsonNode plan(Path routing, String json, Object... more) throws IOException {
        List<String> words = new ArrayList<>(List.of(
                "--routing", routing.toString(), "--per-node", "" + PER_NODE, "--slots", "" + SLOTS, "--experts"));
        words.addAll(List.of("" + EXPERTS, "--expert-bytes", "" + EXPERT_BYTES, "--seconds", "0.3", "--json"));
        words.add(dir.resolve(json).toString());
        Arrays.stream(more).map(String::valueOf).forEach(words::add);
        assertThat(new CommandLine(new PlanCommand()).execute(words.toArray(String[]::new)))
                .isZero();
        return Json.mapper().readTree(dir.resolve(json).toFile());
    }

    /** {@code [expert] ->} accelerators, a copy each. */
    private static List<List<Integer>> holders(JsonNode plan, int layer) {
        List<List<Integer>> holders = new ArrayList<>();
        for (int expert = 0; expert < EXPERTS; expert++) {
            holders.add(new ArrayList<>());
        }
        JsonNode slots = plan.path("placement").get(layer);
        assertThat(slots).hasSize(plan.path("accelerators").asInt() * SLOTS);
        for (int slot = 0; slot < slots.size(); slot++) {
            holders.get(slots.get(slot).asInt()).add(slot / SLOTS);
        }
        return holders;
    }

    private static double[] loads(int[][][] ids, int layer, List<List<Integer>> holders) {
        double[] load = new double[ACCELERATORS];
        for (int[][] token : ids) {
            for (int expert : token[layer]) {
                holders.get(expert)
                        .forEach(on -> load[on] += 1.0 / holders.get(expert).size());
            }
        }
        return load;
    }

    /** Cost of a token's way from one expert to another of the next layer, each copy of each used equally often. */
    private static double cost(List<Integer> from, List<Integer> to, double withinNode) {
        double cost = 0;
        for (int a : from) {
            for (int b : to) {
                cost += a == b ? 0 : a / PER_NODE == b / PER_NODE ? withinNode : 1;
            }
        }
        return cost / from.size() / to.size();
    }

    private static double communication(int[][][] ids, JsonNode plan, int layer) {
        double withinNode = plan.path("within_node").asDouble();
        double cost = 0;
        for (int[][] token : ids) {
            for (int a : token[layer]) {
                for (int b : token[layer + 1]) {
                    cost += cost(
                            holders(plan, layer).get(a),
                            holders(plan, layer + 1).get(b),
                            withinNode);
                }
            }
        }
        return cost / (TOKENS * CHOICES * CHOICES);
    }

    @Test
    void allFigures() throws IOException {
        JsonNode before = plan(npz("before.npz", routing(1)), "before.json", "--accelerators", ACCELERATORS);
        int[][][] ids = routing(2);
        JsonNode plan = plan(
                npz("after.npz", ids),
                "after.json",
                "--accelerators",
                ACCELERATORS,
                "--current",
                dir.resolve("before.json"));
        double over = 0;
        int moved = 0;
        int unspread = 0;
        double communication = 0;
        for (int layer = 0; layer < LAYERS; layer++) {
            List<List<Integer>> holders = holders(plan, layer);
            double[] load = loads(ids, layer, holders);
            double maxOverMean = Arrays.stream(load).max().orElseThrow() * ACCELERATORS / (TOKENS * CHOICES);
            assertThat(plan.path("max_over_mean").get(layer).asDouble()).isCloseTo(maxOverMean, within(1e-6));
            assertThat(plan.path("bound_per_layer").get(layer).asDouble()).isLessThanOrEqualTo(maxOverMean + 1e-6);
            over += maxOverMean - 1;
            for (int expert = 0; expert < EXPERTS; expert++) {
                List<Integer> on = holders.get(expert);
                assertThat(on).isNotEmpty().doesNotHaveDuplicates();
                List<Integer> was = holders(before, layer).get(expert);
                moved += (int) on.stream().filter(one -> !was.contains(one)).count();
                boolean oneNode =
                        on.stream().map(one -> one / PER_NODE).distinct().count() == 1;
                unspread += on.size() > 1 && oneNode ? 1 : 0;
            }
            communication += layer < LAYERS - 1 ? communication(ids, plan, layer) : 0;
        }
        assertThat(plan.path("moved_experts").asInt(-1)).isEqualTo(moved);
        assertThat(plan.path("moved_bytes").asLong(-1)).isEqualTo(moved * EXPERT_BYTES);
        JsonNode found = plan.path("scores").get(0);
        assertThat(found.path("max_over_mean").asDouble()).isCloseTo(1 + over / LAYERS, within(1e-6));
        assertThat(found.path("unspread").asInt(-1)).isEqualTo(unspread);
        assertThat(found.path("communication").asDouble()).isCloseTo(communication / (LAYERS - 1), within(1e-6));
        JsonNode weights = plan.path("weights");
        double weighted = weights.path("balance").asDouble() * over
                + weights.path("movement").asDouble() * moved / EXPERTS
                + weights.path("spread").asDouble() * unspread / EXPERTS
                + weights.path("communication").asDouble() * communication;
        assertThat(found.path("weighted").asDouble()).isCloseTo(weighted, within(1e-5));
    }

    @Test
    void fromAnotherNumberOfAccelerators() throws IOException {
        Path routing = npz("routing.npz", routing(1));
        plan(routing, "four.json", "--accelerators", ACCELERATORS);
        JsonNode three =
                plan(routing, "three.json", "--accelerators", ACCELERATORS - 1, "--current", dir.resolve("four.json"));
        // what the three keep they need not be sent
        assertThat(three.path("moved_experts").asInt(-1)).isBetween(0, LAYERS * (ACCELERATORS - 1) * SLOTS / 2);
    }
}
