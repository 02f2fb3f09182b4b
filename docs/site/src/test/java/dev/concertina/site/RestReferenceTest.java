package dev.concertina.site;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** {@code docs/rest-api.md} is made from {@code docs/openapi.yaml}, which the operator's tests compare with the running API. */
class RestReferenceTest {
    private static final Path PAGE = Path.of("../rest-api.md");
    private static final String WRITE =
            "./mvnw -pl docs/site -am test -Dtest=RestReferenceTest -Dsurefire.failIfNoSpecifiedTests=false -Dconcertina.rest.write=true";
    private static final String PREFIX = "#/components/schemas/";

    private final StringBuilder page = new StringBuilder();
    private final Map<String, Set<String>> refusals = new TreeMap<>();

    @Test
    void thePageIsWhatTheDocumentSays() throws IOException {
        JsonNode document = Serialization.yamlMapper().readTree(Files.readString(Path.of("../openapi.yaml")));
        page.append("""
                # REST API

                Every call of the [admin API](reference.md#admin-rest-api-operator-port-8090-8443-with-tls) and everything it takes and answers, generated from [openapi.yaml](openapi.yaml); `%s` writes it anew. Errors are problem
                details (RFC 9457); who may call what, ETags, idempotency and limits are in the [reference](reference.md#admin-rest-api-operator-port-8090-8443-with-tls).

                ## Calls
                """.formatted(WRITE));
        for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
            for (Map.Entry<String, JsonNode> call : path.getValue().properties()) {
                if (call.getValue().has("responses")) {
                    call(path, call);
                }
            }
        }
        page.append("\n## Refusals\n\nEach is a [Problem](#problem).\n\n| status | meaning |\n|---|---|\n");
        refusals.forEach((status, meanings) -> page.append("| ")
                .append(status)
                .append(" | ")
                .append(String.join("; ", meanings))
                .append(" |\n"));
        page.append("\n## Types\n");
        document.path("components").path("schemas").properties().forEach(this::type);
        if (Boolean.getBoolean("concertina.rest.write")) {
            Files.writeString(PAGE, page);
        }
        assertThat(Files.readString(PAGE))
                .as("%s is out of date: run %s", PAGE, WRITE)
                .isEqualTo(page.toString());
    }

    private void call(Map.Entry<String, JsonNode> path, Map.Entry<String, JsonNode> method) {
        JsonNode call = method.getValue();
        page.append("\n### ")
                .append(method.getKey().toUpperCase(java.util.Locale.ROOT))
                .append(" ")
                .append(path.getKey())
                .append("\n\n");
        String description = call.path("description").asText("");
        page.append(text(call.path("summary").asText("")));
        if (!description.isEmpty()) {
            page.append(page.charAt(page.length() - 1) == '.' ? " " : ". ").append(text(description));
        }
        page.append("\n");
        List<JsonNode> parameters = new ArrayList<>();
        path.getValue().path("parameters").forEach(parameters::add);
        call.path("parameters").forEach(parameters::add);
        if (!parameters.isEmpty()) {
            page.append("\n| parameter | in | type | meaning |\n|---|---|---|---|\n");
            parameters.forEach(parameter -> page.append("| `")
                    .append(parameter.path("name").asText())
                    .append("` | ")
                    .append(parameter.path("in").asText())
                    .append(" | ")
                    .append(shape(parameter.path("schema")))
                    .append(" | ")
                    .append(text(parameter.path("description").asText("")))
                    .append(" |\n"));
        }
        JsonNode body = call.path("requestBody").path("content");
        body.properties()
                .forEach(content -> page.append("\nBody: ")
                        .append(shape(content.getValue().path("schema")))
                        .append(" (`")
                        .append(content.getKey())
                        .append("`).\n"));
        page.append("\n| answer | meaning |\n|---|---|\n");
        List<String> statuses = new ArrayList<>();
        for (Map.Entry<String, JsonNode> response : call.path("responses").properties()) {
            if (response.getKey().compareTo("400") < 0) {
                answer(response.getKey(), response.getValue());
            } else {
                statuses.add(response.getKey());
                refusals.computeIfAbsent(response.getKey(), status -> new TreeSet<>())
                        .add(text(response.getValue().path("description").asText("")));
            }
        }
        page.append("| ").append(String.join(", ", statuses)).append(" | [refused](#refusals) |\n");
    }

    private void answer(String status, JsonNode response) {
        List<String> shapes = new ArrayList<>();
        response.path("content")
                .properties()
                .forEach(content -> shapes.add(shape(content.getValue().path("schema"))));
        page.append("| ")
                .append(status)
                .append(" | ")
                .append(text(response.path("description").asText("")));
        if (!shapes.isEmpty()) {
            page.append(": ")
                    .append(String.join(", ", shapes.stream().distinct().toList()));
        }
        page.append(" |\n");
    }

    private void type(Map.Entry<String, JsonNode> named) {
        JsonNode schema = named.getValue();
        page.append("\n### ")
                .append(named.getKey())
                .append("\n\n")
                .append(text(schema.path("description").asText("")));
        page.append("\n");
        if (schema.has("enum")) {
            List<String> values = new ArrayList<>();
            schema.path("enum").forEach(value -> values.add("`" + value.asText() + "`"));
            page.append("\nOne of ").append(String.join(", ", values)).append(".\n");
        }
        if (schema.has("properties")) {
            page.append("\n| field | type | meaning |\n|---|---|---|\n");
            schema.path("properties")
                    .properties()
                    .forEach(field -> page.append("| `")
                            .append(field.getKey())
                            .append("` | ")
                            .append(shape(field.getValue()))
                            .append(" | ")
                            .append(text(field.getValue().path("description").asText("")))
                            .append(" |\n"));
        }
    }

    private static String shape(JsonNode schema) {
        String reference = schema.path("$ref").asText("");
        if (reference.startsWith(PREFIX)) {
            String name = reference.substring(PREFIX.length());
            return "[" + name + "](#" + name.toLowerCase(java.util.Locale.ROOT) + ")";
        }
        if (schema.has("items")) {
            return "list of " + shape(schema.path("items"));
        }
        for (String union : List.of("allOf", "anyOf", "oneOf")) {
            if (schema.has(union)) {
                return shape(schema.path(union).path(0));
            }
        }
        JsonNode type = schema.path("type");
        return type.isArray() ? type.path(0).asText() : type.asText("any");
    }

    private static String text(String description) {
        return description
                .replace("|", "\\|")
                .replace("<", "&lt;")
                .replaceAll("\\s+", " ")
                .strip();
    }
}
