package dev.concertina.e2e.admin;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Columns of text, as kubectl prints them. */
final class Table {
    private static final String GAP = "   ";
    private final List<List<String>> rows = new ArrayList<>();
    private final List<String> after = new ArrayList<>();

    Table(String... header) {
        rows.add(List.of(header));
    }

    /** A table with a column for each path, {@code /a/b} as JSON pointers have it. */
    static Table of(JsonNode items, String[] header, String... pointers) {
        Table table = new Table(header);
        for (JsonNode item : items.isArray() ? items : List.of(items)) {
            List<String> row = new ArrayList<>();
            for (String pointer : pointers) {
                row.add(text(item.at(pointer)));
            }
            table.rows.add(row);
        }
        return table;
    }

    Table row(Object... cells) {
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(String.valueOf(cell));
        }
        rows.add(row);
        return this;
    }

    /** A line below the table. */
    Table line(String text) {
        after.add(text);
        return this;
    }

    /** A value as a cell. */
    static String text(JsonNode value) {
        if (value.isMissingNode()
                || value.isNull()
                || (value.isTextual() && value.asText().isEmpty())) {
            return "-";
        }
        if (value.isFloatingPointNumber()) {
            return String.format(Locale.ROOT, "%.3f", value.asDouble());
        }
        return value.isContainerNode() ? value.toString() : value.asText();
    }

    /** Bytes with a binary unit. */
    static String bytes(JsonNode value) {
        double bytes = value.asDouble();
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
        int unit = 0;
        while (bytes >= 1024 && unit < units.length - 1) {
            bytes /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    }

    @Override
    public String toString() {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : columns == 0 ? List.<List<String>>of() : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                line.append(row.get(i))
                        .repeat(' ', widths[i] - row.get(i).length())
                        .append(GAP);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        after.forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }
}
