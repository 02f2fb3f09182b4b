package dev.concertina.e2e.plan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Loads from a CSV file: a row per layer with a number per expert, with or without a head; or a head {@code layer,expert,load} and a row for each
 * expert.
 */
public final class LoadFile {
    private LoadFile() {}

    /**
     * {@code [layer][expert]} tokens.
     *
     * @throws IOException in one sentence with the row of what is wrong
     */
    public static double[][] read(Path csv) throws IOException {
        if (!Files.isReadable(csv)) {
            throw new IOException(csv + " cannot be read; name a CSV file");
        }
        List<String[]> rows = new ArrayList<>();
        List<Integer> numbers = new ArrayList<>();
        int number = 0;
        for (String line : Files.readAllLines(csv)) {
            number++;
            if (!line.isBlank() && !line.startsWith("#")) {
                rows.add(line.split(",", -1));
                numbers.add(number);
            }
        }
        if (rows.isEmpty()) {
            throw new IOException(csv + " has no rows");
        }
        boolean head = !isNumber(rows.getFirst()[0]);
        boolean each = head
                && rows.getFirst().length == 3
                && rows.getFirst()[0].strip().toLowerCase(Locale.ROOT).equals("layer");
        List<String[]> values = head ? rows.subList(1, rows.size()) : rows;
        List<Integer> at = head ? numbers.subList(1, numbers.size()) : numbers;
        if (values.isEmpty()) {
            throw new IOException(csv + " has a head and no rows");
        }
        return each ? list(csv, values, at) : table(csv, values, at);
    }

    private static boolean isNumber(String text) {
        try {
            Double.parseDouble(text.strip());
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static double[][] table(Path csv, List<String[]> rows, List<Integer> at) throws IOException {
        double[][] load = new double[rows.size()][];
        for (int layer = 0; layer < load.length; layer++) {
            String[] row = rows.get(layer);
            if (row.length != rows.getFirst().length) {
                throw new IOException(csv + ": row " + at.get(layer) + " has " + row.length + " columns, row "
                        + at.getFirst() + " has " + rows.getFirst().length);
            }
            load[layer] = new double[row.length];
            for (int expert = 0; expert < row.length; expert++) {
                load[layer][expert] = value(csv, at.get(layer), "expert " + expert, row[expert]);
            }
        }
        return load;
    }

    private static double[][] list(Path csv, List<String[]> rows, List<Integer> at) throws IOException {
        int layers = 0;
        int experts = 0;
        for (int i = 0; i < rows.size(); i++) {
            if (rows.get(i).length != 3) {
                throw new IOException(
                        csv + ": row " + at.get(i) + " has " + rows.get(i).length + " columns instead of 3");
            }
            layers = Math.max(layers, 1 + index(csv, at.get(i), "layer", rows.get(i)[0]));
            experts = Math.max(experts, 1 + index(csv, at.get(i), "expert", rows.get(i)[1]));
        }
        double[][] load = new double[layers][experts];
        boolean[][] seen = new boolean[layers][experts];
        for (int i = 0; i < rows.size(); i++) {
            int layer = index(csv, at.get(i), "layer", rows.get(i)[0]);
            int expert = index(csv, at.get(i), "expert", rows.get(i)[1]);
            if (seen[layer][expert]) {
                throw new IOException(csv + ": row " + at.get(i) + " names expert " + expert + " of layer " + layer
                        + " a second time");
            }
            seen[layer][expert] = true;
            load[layer][expert] = value(csv, at.get(i), "load", rows.get(i)[2]);
        }
        for (int layer = 0; layer < layers; layer++) {
            for (int expert = 0; expert < experts; expert++) {
                if (!seen[layer][expert]) {
                    throw new IOException(csv + ": no row names expert " + expert + " of layer " + layer
                            + "; write 0 where there is no load");
                }
            }
        }
        return load;
    }

    private static int index(Path csv, int row, String what, String text) throws IOException {
        double value = value(csv, row, what, text);
        if (value != Math.rint(value) || value > 1 << 16) {
            throw new IOException(csv + ": row " + row + ": " + what + " '" + text.strip() + "' is no number of one");
        }
        return (int) value;
    }

    private static double value(Path csv, int row, String what, String text) throws IOException {
        double value;
        try {
            value = Double.parseDouble(text.strip());
        } catch (NumberFormatException e) {
            throw new IOException(csv + ": row " + row + ": " + what + " is '" + text.strip() + "', not a number", e);
        }
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new IOException(
                    csv + ": row " + row + ": " + what + " is " + text.strip() + "; it must be 0 or more");
        }
        return value;
    }
}
