package dev.concertina.e2e.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** One gzipped csv of measured latencies, with a header. */
final class PerfTable {
    private final Path file;
    private final List<String> columns;
    private final List<String[]> rows = new ArrayList<>();

    /** @throws IOException in one sentence that names the file, and the line that is wrong */
    PerfTable(Path file) throws IOException {
        this.file = file;
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            String header = reader.readLine();
            columns = header == null ? List.of() : List.of(header.strip().split(",", -1));
            int number = 1;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                String[] fields = line.split(",", -1);
                if (fields.length != columns.size()) {
                    throw new IOException(file + " is wrong in line " + number + ": it has " + fields.length
                            + " fields instead of " + columns.size());
                }
                rows.add(fields);
            }
        }
    }

    /** A row. */
    final class Row {
        private final String[] fields;

        private Row(String[] fields) {
            this.fields = fields;
        }

        String text(String column) throws IOException {
            int at = columns.indexOf(column);
            if (at < 0) {
                throw new IOException(file + " has no column " + column);
            }
            return fields[at];
        }

        double number(String column) throws IOException {
            try {
                return Double.parseDouble(text(column));
            } catch (NumberFormatException e) {
                throw new IOException(file + " has no number in column " + column + ": " + Arrays.toString(fields), e);
            }
        }
    }

    /** Rows in which each of these columns has its value. */
    List<Row> where(Map<String, String> values) throws IOException {
        List<Row> found = new ArrayList<>();
        for (String[] fields : rows) {
            Row row = new Row(fields);
            boolean all = true;
            for (Map.Entry<String, String> value : values.entrySet()) {
                all &= row.text(value.getKey()).equals(value.getValue());
            }
            if (all) {
                found.add(row);
            }
        }
        return found;
    }
}
