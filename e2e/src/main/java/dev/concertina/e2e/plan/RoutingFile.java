package dev.concertina.e2e.plan;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Expert ids chosen token by token: array {@code expert_ids} {@code (token, layer, choice)} of a .npz file. If there, {@code offsets} (first token
 * of each sample) and a {@code samples.jsonl} beside it with a {@code dataset} per sample tell domains apart.
 */
public final class RoutingFile {
    private static final int MOST_EXPERTS = 4096;

    private final Path file;
    private final int tokens;
    private final int layers;
    private final int choices;
    private final int experts;
    private final short[] ids;

    private RoutingFile(Path file, int tokens, int layers, int choices, int experts, short[] ids) {
        this.file = file;
        this.tokens = tokens;
        this.layers = layers;
        this.choices = choices;
        this.experts = experts;
        this.ids = ids;
    }

    /**
     * Reads and checks the ids.
     *
     * @param experts of each layer; 0 for one more than the highest id
     * @throws IOException in one sentence, with the row of the first bad id
     */
    public static RoutingFile read(Path npz, int experts) throws IOException {
        Npy array = Npy.read(npz, "expert_ids");
        if (array.shape().length != 3 || array.size() == 0) {
            throw new IOException(npz + ": expert_ids must have three dimensions (token, layer, choice) and a token");
        }
        int layers = array.shape()[1];
        int choices = array.shape()[2];
        short[] ids = new short[array.size()];
        int highest = 0;
        for (int i = 0; i < ids.length; i++) {
            double id = array.at(i);
            if (!(id >= 0 && id < (experts == 0 ? MOST_EXPERTS : experts)) || id != Math.rint(id)) {
                throw new IOException(npz + ": row " + i / (layers * choices) + ", layer " + i / choices % layers
                        + " names expert " + array.at(i) + (experts == 0 ? "" : "; there are " + experts));
            }
            ids[i] = (short) id;
            highest = Math.max(highest, ids[i]);
        }
        return new RoutingFile(npz, array.shape()[0], layers, choices, experts == 0 ? highest + 1 : experts, ids);
    }

    public int layers() {
        return layers;
    }

    public int experts() {
        return experts;
    }

    public int tokens() {
        return tokens;
    }

    /** Tokens whose sample belongs to a dataset that begins with {@code prefix}; all with an empty one. */
    public boolean[] domain(String prefix) throws IOException {
        boolean[] chosen = new boolean[tokens];
        if (prefix.isEmpty()) {
            Arrays.fill(chosen, true);
            return chosen;
        }
        Npy offsets = Npy.read(file, "offsets");
        Path samples = file.resolveSibling("samples.jsonl");
        List<String> datasets = new ArrayList<>();
        for (String line : Files.readAllLines(samples)) {
            JsonNode sample = Json.mapper().readTree(line);
            datasets.add(sample.path("dataset").asText());
        }
        if (offsets.size() != datasets.size() + 1) {
            throw new IOException(file + " and " + samples + " have different numbers of samples");
        }
        boolean any = false;
        for (int sample = 0; sample < datasets.size(); sample++) {
            if (datasets.get(sample).startsWith(prefix)) {
                any = true;
                Arrays.fill(chosen, (int) offsets.at(sample), (int) offsets.at(sample + 1), true);
            }
        }
        if (!any) {
            throw new IOException(samples + " names no dataset that begins with '" + prefix + "'; it has "
                    + datasets.stream().distinct().toList());
        }
        return chosen;
    }

    /** {@code [layer][expert]} tokens. */
    public double[][] load(boolean[] chosen) {
        double[][] load = new double[layers][experts];
        for (int token = 0; token < tokens; token++) {
            for (int i = 0; chosen[token] && i < layers * choices; i++) {
                load[i / choices][ids[token * layers * choices + i]]++;
            }
        }
        return load;
    }

    /**
     * Load in which experts whose load varies count for more: mean and {@code z} standard deviations over windows of consecutive tokens (FlashLB).
     *
     * @param windows number of windows, at least 2
     */
    public double[][] load(boolean[] chosen, double z, int windows) {
        double[][] sum = new double[layers][experts];
        double[][] squares = new double[layers][experts];
        for (int window = 0; window < windows; window++) {
            boolean[] part = new boolean[tokens];
            int from = (int) ((long) tokens * window / windows);
            int to = (int) ((long) tokens * (window + 1) / windows);
            System.arraycopy(chosen, from, part, from, to - from);
            double[][] load = load(part);
            for (int i = 0; i < layers * experts; i++) {
                double value = load[i / experts][i % experts];
                sum[i / experts][i % experts] += value;
                squares[i / experts][i % experts] += value * value;
            }
        }
        for (int i = 0; i < layers * experts; i++) {
            double mean = sum[i / experts][i % experts] / windows;
            double variance = Math.max(0, squares[i / experts][i % experts] / windows - mean * mean);
            sum[i / experts][i % experts] = mean + z * Math.sqrt(variance);
        }
        return sum;
    }

    /** {@code [layer][expert][expert of the next layer]} tokens that went through both. */
    public double[][][] transitions(boolean[] chosen) {
        double[][][] transitions = new double[layers - 1][experts][experts];
        for (int token = 0; token < tokens; token++) {
            for (int layer = 0; chosen[token] && layer < layers - 1; layer++) {
                int here = (token * layers + layer) * choices;
                for (int a = here; a < here + choices; a++) {
                    double[] row = transitions[layer][ids[a]];
                    for (int b = here + choices; b < here + 2 * choices; b++) {
                        row[ids[b]]++;
                    }
                }
            }
        }
        return transitions;
    }
}
