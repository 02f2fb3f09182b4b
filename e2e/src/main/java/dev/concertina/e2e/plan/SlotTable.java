package dev.concertina.e2e.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.scheduler.placement.Placement;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/** A placement as {@code [layer][slot] -> expert}, the slots of accelerator 0 first; -1 for a slot that stays empty. */
final class SlotTable {
    private SlotTable() {}

    static int[][] of(Placement placement, int slots) {
        int[][] table = new int[placement.layers()][placement.ranks() * slots];
        for (int layer = 0; layer < table.length; layer++) {
            Arrays.fill(table[layer], -1);
            int[] next = new int[placement.ranks()];
            for (int expert = 0; expert < placement.experts(); expert++) {
                for (int rank : placement.holders()[layer][expert]) {
                    table[layer][rank * slots + next[rank]++] = expert;
                }
            }
        }
        return table;
    }

    /**
     * Reads the field {@code placement} of a file that {@code plan --json} wrote, on as many accelerators as its field {@code accelerators} says,
     * or a file that is nothing but such a table.
     *
     * @param accelerators where the file does not say
     *
     * @throws IOException in one sentence with the layer and slot of what is wrong
     */
    static Placement read(Path file, int layers, int experts, int accelerators) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException(file + " cannot be read; name a file that plan --json wrote");
        }
        JsonNode root;
        try {
            root = Json.mapper().readTree(file.toFile());
        } catch (JsonProcessingException e) {
            throw new IOException(file + " is no JSON: " + e.getOriginalMessage(), e);
        }
        JsonNode table = root.isArray() ? root : root.path("placement");
        if (!table.isArray() || table.size() != layers) {
            throw new IOException(file + ": 'placement' has " + table.size() + " of " + layers + " layers");
        }
        int on = root.path("accelerators").asInt(accelerators);
        if (on < 1) {
            throw new IOException(
                    file + ": 'accelerators' is " + root.path("accelerators") + "; it must be at least 1");
        }
        int[][][] holders = new int[layers][experts][];
        for (int layer = 0; layer < layers; layer++) {
            readLayer(file, layer, table.get(layer), on, holders[layer]);
        }
        return new Placement(on, holders);
    }

    private static void readLayer(Path file, int layer, JsonNode row, int accelerators, int[][] holders)
            throws IOException {
        if (row.size() == 0 || row.size() % accelerators != 0) {
            throw new IOException(file + ": row " + layer + " of 'placement' has " + row.size()
                    + " slots, not a multiple of " + accelerators + " accelerators");
        }
        int slots = row.size() / accelerators;
        List<TreeSet<Integer>> ranks = new ArrayList<>();
        for (int expert = 0; expert < holders.length; expert++) {
            ranks.add(new TreeSet<>());
        }
        for (int slot = 0; slot < row.size(); slot++) {
            int expert = row.get(slot).asInt(Integer.MIN_VALUE);
            if (expert < -1 || expert >= holders.length) {
                throw new IOException(file + ": row " + layer + " of 'placement', slot " + slot + " names expert "
                        + row.get(slot) + "; there are " + holders.length);
            }
            if (expert >= 0) {
                ranks.get(expert).add(slot / slots);
            }
        }
        for (int expert = 0; expert < holders.length; expert++) {
            if (ranks.get(expert).isEmpty()) {
                throw new IOException(file + ": row " + layer + " of 'placement' has no slot with expert " + expert);
            }
            holders[expert] =
                    ranks.get(expert).stream().mapToInt(Integer::intValue).toArray();
        }
    }
}
