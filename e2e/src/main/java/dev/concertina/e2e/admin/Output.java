package dev.concertina.e2e.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.wire.Json;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.PrintWriter;
import picocli.CommandLine.Option;

/** How answers are printed. */
final class Output {
    /** Formats. */
    enum Format {
        table,
        json,
        yaml
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Format format = Format.table;

    Format format() {
        return format;
    }

    void print(PrintWriter out, JsonNode answer, Table table) {
        out.print(
                switch (format) {
                    case table -> table.toString();
                    case json -> pretty(answer) + "\n";
                    case yaml -> Serialization.asYaml(answer);
                });
        out.flush();
    }

    private static String pretty(JsonNode node) {
        try {
            return Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a JSON tree is always writable", e);
        }
    }
}
