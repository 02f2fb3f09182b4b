package dev.concertina.e2e.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.wire.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;

/** Objects as the tables that {@code kubectl get} prints: a CRD's printer columns, and the usual ones of pods. */
final class Tables {
    /**
     * One column.
     *
     * @param path JSON path of the printer column, {@code .status.phase}; empty: age
     */
    private record Column(String name, String type, String path) {}

    private Tables() {}

    static ObjectNode of(JsonNode body, String path, JsonNode crds, Instant now) {
        List<Column> columns = columns(path, crds);
        ObjectNode table = Json.mapper().createObjectNode().put("kind", "Table").put("apiVersion", "meta.k8s.io/v1");
        table.putObject("metadata")
                .put(
                        "resourceVersion",
                        body.path("metadata").path("resourceVersion").asText(""));
        ArrayNode definitions = table.putArray("columnDefinitions");
        definition(definitions, "Name", "string");
        columns.forEach(column -> definition(definitions, column.name(), "string"));
        ArrayNode rows = table.putArray("rows");
        if (body.has("items")) {
            body.path("items").forEach(item -> row(rows, item, columns, now));
        } else {
            row(rows, body, columns, now);
        }
        return table;
    }

    private static void definition(ArrayNode definitions, String name, String type) {
        definitions
                .addObject()
                .put("name", name)
                .put("type", type)
                .put("format", name.equals("Name") ? "name" : "")
                .put("description", name)
                .put("priority", 0);
    }

    private static void row(ArrayNode rows, JsonNode item, List<Column> columns, Instant now) {
        ObjectNode row = rows.addObject();
        ArrayNode cells = row.putArray("cells");
        cells.add(item.path("metadata").path("name").asText());
        for (Column column : columns) {
            JsonNode value = at(item, column.path());
            cells.add(column.type().equals("date") ? age(value.asText(""), now) : value.asText(""));
        }
        ObjectNode partial =
                row.putObject("object").put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
        partial.set("metadata", item.path("metadata"));
    }

    private static List<Column> columns(String path, JsonNode crds) {
        List<Column> columns = new ArrayList<>();
        for (JsonNode crd : crds.path("items")) {
            String prefix = "/apis/" + crd.path("spec").path("group").asText() + "/";
            String plural = "/" + crd.path("spec").path("names").path("plural").asText();
            if (path.startsWith(prefix) && (path.endsWith(plural) || path.contains(plural + "/"))) {
                for (JsonNode column : crd.path("spec").path("versions").path(0).path("additionalPrinterColumns")) {
                    if (column.path("priority").asInt(0) == 0) {
                        columns.add(new Column(
                                column.path("name").asText(),
                                column.path("type").asText(),
                                column.path("jsonPath").asText()));
                    }
                }
            }
        }
        if (path.endsWith("/pods") || path.contains("/pods/")) {
            columns.add(new Column("Ready", "string", ".status.containerStatuses.0.ready"));
            columns.add(new Column("Status", "string", ".status.phase"));
            columns.add(new Column("Restarts", "string", ".status.containerStatuses.0.restartCount"));
            columns.add(new Column("IP", "string", ".status.podIP"));
            columns.add(new Column("Node", "string", ".spec.nodeName"));
        }
        if (columns.stream().noneMatch(column -> column.name().equalsIgnoreCase("age"))) {
            columns.add(new Column("Age", "date", ".metadata.creationTimestamp"));
        }
        return columns;
    }

    /** The value at a plain path; filters ({@code [?(...)]} of a condition's type) are understood for conditions. */
    private static JsonNode at(JsonNode item, String path) {
        JsonNode node = item;
        for (String part : path.replaceFirst("^\\.", "").split("\\.(?![^\\[]*\\])", -1)) {
            int bracket = part.indexOf("[?(@.type==");
            if (bracket < 0) {
                node = part.matches("\\d+") ? node.path(Integer.parseInt(part)) : node.path(part);
                continue;
            }
            String wanted = part.replaceAll(".*@\\.type==['\"]([^'\"]*)['\"].*", "$1");
            JsonNode found = Json.mapper().missingNode();
            for (JsonNode element : node.path(part.substring(0, bracket))) {
                if (element.path("type").asText().equals(wanted)) {
                    found = element;
                }
            }
            node = found;
        }
        return node;
    }

    private static String age(String created, Instant now) {
        try {
            long seconds =
                    Math.max(0, Duration.between(Instant.parse(created), now).toSeconds());
            return seconds < 120 ? seconds + "s" : seconds < 7200 ? seconds / 60 + "m" : seconds / 3600 + "h";
        } catch (DateTimeParseException e) {
            return "";
        }
    }
}
