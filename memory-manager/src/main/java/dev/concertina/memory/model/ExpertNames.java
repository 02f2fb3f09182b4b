package dev.concertina.memory.model;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds routed experts by their tensors' names: one row for each Hugging Face layout that keeps a tensor per expert and matrix. */
final class ExpertNames {
    /** The three matrices of an expert, in the order in which they are packed. */
    enum Matrix {
        GATE,
        UP,
        DOWN
    }

    /**
     * A routed expert's tensor.
     *
     * @param modelLayer layer of the model, dense layers counted
     */
    record Found(int modelLayer, int expert, Matrix matrix) {}

    private record Row(Pattern pattern, String gate, String up, String down) {}

    private static final List<Row> TABLE = List.of(
            // Qwen2-MoE, Qwen3-MoE, DeepSeek-V2/V3
            new Row(
                    Pattern.compile("model\\.layers\\.(\\d{1,6})\\.mlp\\.experts\\.(\\d{1,6})\\.(\\w+)\\.weight"),
                    "gate_proj",
                    "up_proj",
                    "down_proj"),
            // Mixtral
            new Row(
                    Pattern.compile(
                            "model\\.layers\\.(\\d{1,6})\\.block_sparse_moe\\.experts\\.(\\d{1,6})\\.(\\w+)\\.weight"),
                    "w1",
                    "w3",
                    "w2"));

    private ExpertNames() {}

    static Optional<Found> find(String tensor) {
        for (Row row : TABLE) {
            Matcher matcher = row.pattern.matcher(tensor);
            if (matcher.matches()) {
                String matrix = matcher.group(3);
                int layer = Integer.parseInt(matcher.group(1));
                int expert = Integer.parseInt(matcher.group(2));
                if (matrix.equals(row.gate)) {
                    return Optional.of(new Found(layer, expert, Matrix.GATE));
                } else if (matrix.equals(row.up)) {
                    return Optional.of(new Found(layer, expert, Matrix.UP));
                } else if (matrix.equals(row.down)) {
                    return Optional.of(new Found(layer, expert, Matrix.DOWN));
                }
            }
        }
        return Optional.empty();
    }
}
