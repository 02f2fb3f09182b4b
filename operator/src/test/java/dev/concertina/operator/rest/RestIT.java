package dev.concertina.operator.rest;

import static dev.concertina.operator.doubles.ReviewingDispatcher.ADMIN;
import static dev.concertina.operator.doubles.ReviewingDispatcher.VIEWER;
import static dev.concertina.operator.rest.OperatorProcess.json;
import static dev.concertina.operator.rest.RestFixture.ONE;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.crds.Api;
import dev.concertina.crds.ExpertPlacement;
import dev.concertina.wire.Json;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the admin API can do, on the packaged operator. */
class RestIT {
    private static final Path DOCUMENT = Path.of("../docs/openapi.yaml");

    @TempDir
    static Path folder;

    private static RestFixture fixture;
    private static OperatorProcess operator;

    @BeforeAll
    static void start() throws IOException {
        fixture = new RestFixture(folder, "Manual", "200");
        operator = fixture.operator;
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    private static JsonNode ok(HttpResponse<String> response) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isBetween(200, 299);
        return json(response);
    }

    private static JsonNode get(String path) throws IOException {
        return ok(operator.call("GET", path, VIEWER, null));
    }

    private static JsonNode post(String path, String body, String... headers) throws IOException {
        return ok(operator.call("POST", path, ADMIN, body, headers));
    }

    private static void width(int width) throws IOException {
        ok(operator.call("PUT", ONE + "/scale", ADMIN, "{\"width\": " + width + "}"));
        fixture.awaitWidth(width);
    }

    private static JsonNode lastOperation() throws IOException {
        JsonNode operations = get(ONE + "/operations");
        return operations.get(operations.size() - 1);
    }

    @Test
    void metricsAreForWhoeverHasTheControlToken() throws IOException {
        assertThat(operator.call("GET", "/metrics", "", null).statusCode()).isEqualTo(401);
        assertThat(operator.call("GET", "/metrics", ADMIN, null).statusCode()).isEqualTo(401);
        HttpResponse<String> metrics = operator.call("GET", "/metrics", "a-token-of-sufficient-length", null);
        assertThat(metrics.statusCode()).isEqualTo(200);
        assertThat(metrics.body())
                .contains("concertina_operator_leader 1.0")
                .contains("concertina_deployment_width_ranks{deployment=\"shakespeare\",kind=\"serving\"");
    }

    @Test
    void theDocumentIsTheOneThatIsCommitted() throws IOException {
        assertThat(Serialization.yamlMapper().readTree(Files.readString(Path.of("target/openapi/openapi.yaml"))))
                .as("copy operator/target/openapi/openapi.yaml to docs/openapi.yaml when the API changed on purpose")
                .isEqualTo(Serialization.yamlMapper().readTree(Files.readString(DOCUMENT)));
        assertThat(operator.call("GET", "/api/v1/openapi?format=yaml", "", null).body())
                .contains("listDeployments", "whatIf", "/api/v1/events");
    }

    @Test
    void showsDeploymentsOperationsPlacementsAgents() throws IOException {
        JsonNode all = get("/api/v1/deployments");
        assertThat(all).hasSize(1);
        assertThat(all.get(0).path("name").asText()).isEqualTo("shakespeare");
        JsonNode one = get(ONE);
        assertThat(one.path("spec").path("model").path("source").asText()).endsWith("shakespeare-moe");
        assertThat(one.path("conditions")).isNotEmpty();
        JsonNode operation = get(ONE + "/operations").get(0);
        assertThat(operation.path("phase").asText()).isEqualTo("Succeeded");
        assertThat(get(ONE + "/operations/" + operation.path("name").asText())
                        .path("status")
                        .path("phases"))
                .isNotEmpty();
        assertThat(get(ONE + "/placement").path("table")).isNotEmpty();
        String placement = get(ONE + "/placements").get(0).path("name").asText();
        assertThat(get(ONE + "/placements/" + placement).path("applied").asBoolean())
                .isTrue();
        JsonNode agents = get("/api/v1/agents");
        assertThat(agents).hasSize(2);
        assertThat(agents.get(0).path("devices").get(0).path("capacityBytes").asLong())
                .isPositive();
        assertThat(get(ONE + "/load").path("missing").asBoolean()).isTrue();
        assertThat(get(ONE + "/decisions")).isEmpty();
    }

    @Test
    void unchangedIsSaidWithoutABodyAndALostUpdateIsRefused() throws IOException {
        HttpResponse<String> first = operator.call("GET", ONE, VIEWER, null);
        String tag = first.headers().firstValue("ETag").orElseThrow();
        HttpResponse<String> again = operator.call("GET", ONE, VIEWER, null, "If-None-Match", tag);
        if (again.statusCode() != 304) { // the operator wrote the status in between
            assertThat(again.headers().firstValue("ETag").orElseThrow()).isNotEqualTo(tag);
        }
        HttpResponse<String> stale = operator.call("PUT", ONE + "/scale", ADMIN, "{\"width\": 3}", "If-Match", "\"1\"");
        assertThat(stale.statusCode()).isEqualTo(412);
        assertThat(json(stale).path("detail").asText()).contains("If-Match");
    }

    @Test
    void widthPauseResumeAndBack() throws IOException {
        width(2);
        assertThat(lastOperation().path("toWidth").asInt()).isEqualTo(2);
        assertThat(post(ONE + "/pause", "").path("paused").asBoolean()).isTrue();
        ok(operator.call("PUT", ONE + "/scale", ADMIN, "{\"width\": 3}"));
        assertThat(post(ONE + "/resume", "").path("paused").asBoolean()).isFalse();
        fixture.awaitWidth(3);
        JsonNode back = post(ONE + "/rollback", "{\"to\": \"width\"}");
        assertThat(back.path("width").asInt()).isEqualTo(2);
        fixture.awaitWidth(2);
        assertThat(lastOperation().path("fromWidth").asInt()).isEqualTo(3);
        JsonNode placed = post(ONE + "/rollback", "{\"to\": \"placement\"}");
        assertThat(placed.path("spec").path("placement").path("pinned").asText())
                .isNotEmpty();
        fixture.awaitWidth(3);
        assertThat(get(ONE + "/placement").path("table"))
                .isEqualTo(get(ONE + "/placements/"
                                + placed.path("spec")
                                        .path("placement")
                                        .path("pinned")
                                        .asText())
                        .path("table"));
        post(ONE + "/rollback", "{\"to\": \"width\"}");
        fixture.awaitWidth(2);
        width(1);
    }

    @Test
    void aPlacementOfTheSameWidthIsGoneBackToByAnOperation() throws IOException {
        width(2);
        JsonNode serving = get(ONE + "/placement");
        ObjectNode other = Json.mapper().createObjectNode();
        other.putObject("metadata")
                .put("name", "swapped")
                .put("namespace", "default")
                .putObject("labels")
                .put(Api.LABEL_DEPLOYMENT, "shakespeare");
        ArrayNode table = other.putObject("spec")
                .put("deployment", "shakespeare")
                .put("epoch", 1)
                .put("ranks", 2)
                .putArray("table");
        serving.path("table")
                .forEach(layer -> table.add(
                        layer.asText().replace('0', 'x').replace('1', '0').replace('x', '1')));
        fixture.client
                .resource(Json.mapper().treeToValue(other, ExpertPlacement.class))
                .create();
        post(ONE + "/rollback", "{\"to\": \"placement\", \"placement\": \"swapped\"}");
        Awaitility.await()
                .atMost(RestFixture.LIMIT)
                .until(() -> get(ONE + "/placement").path("table").equals(table));
        assertThat(lastOperation().path("reason").asText()).contains("swapped is pinned");
        assertThat(lastOperation().path("requester").asText()).isEqualTo("user");
        fixture.awaitWidth(2);
        post(ONE + "/rollback", "{\"to\": \"width\"}");
        fixture.awaitWidth(1);
    }

    @Test
    void anOperationBeforeItsCommitIsCancelled() throws IOException {
        fixture.awaitWidth(1);
        fixture.fleet.agents().forEach(agent -> agent.stageMillis(8000));
        try {
            ok(operator.call("PUT", ONE + "/scale", ADMIN, "{\"width\": 2}"));
            Awaitility.await()
                    .atMost(RestFixture.LIMIT)
                    .until(() -> lastOperation().path("phase").asText().equals("Staging"));
            String name = lastOperation().path("name").asText();
            post(ONE + "/pause", "");
            post(ONE + "/operations/" + name + "/cancel", "");
            Awaitility.await()
                    .atMost(RestFixture.LIMIT)
                    .until(() -> lastOperation().path("phase").asText().equals("RolledBack"));
            assertThat(lastOperation().path("status").path("error").asText()).contains("cancelled by admin");
            assertThat(operator.call("POST", ONE + "/operations/" + name + "/cancel", ADMIN, "")
                            .statusCode())
                    .isEqualTo(409);
        } finally {
            fixture.fleet.agents().forEach(agent -> agent.stageMillis(0));
            ok(operator.call("PUT", ONE + "/scale", ADMIN, "{\"width\": 1}"));
            post(ONE + "/resume", "");
        }
        fixture.awaitWidth(1);
    }

    @Test
    void aRepeatedCallIsDoneOnce() throws IOException {
        JsonNode first = post(
                ONE + "/what-if",
                "{\"width\": 1, \"load\": {\"requestsPerSecond\": 1, \"promptTokens\": 10, \"generatedTokens\": 10}}",
                "Idempotency-Key",
                "k1");
        HttpResponse<String> second = operator.call(
                "POST",
                ONE + "/what-if",
                ADMIN,
                "{\"width\": 1, \"load\": {\"requestsPerSecond\": 1, \"promptTokens\": 10, \"generatedTokens\": 10}}",
                "Idempotency-Key",
                "k1");
        assertThat(ok(second)).isEqualTo(first);
        assertThat(second.headers().firstValue("Idempotency-Replayed")).contains("true");
        HttpResponse<String> other =
                operator.call("POST", ONE + "/what-if", ADMIN, "{\"width\": 2}", "Idempotency-Key", "k1");
        assertThat(other.statusCode()).isEqualTo(422);
        assertThat(other.body()).contains("Idempotency-Key");
    }

    @Test
    void whatIfAnswersPlacementTransitionAndPrediction() throws IOException {
        String load = "\"load\": {\"requestsPerSecond\": 4, \"promptTokens\": 100, \"generatedTokens\": 100}";
        JsonNode wide = post(ONE + "/what-if", "{\"width\": 4, " + load + "}");
        assertThat(wide.path("placement").path("table")).isNotEmpty();
        assertThat(wide.path("transition").path("possible").asBoolean()).isTrue();
        assertThat(wide.path("transition").path("bytesCopied").asLong()
                        + wide.path("transition").path("bytesLoaded").asLong())
                .isPositive();
        JsonNode narrow = post(ONE + "/what-if", "{\"width\": 1, " + load + "}");
        assertThat(wide.path("slo").path("utilization").asDouble())
                .isLessThan(narrow.path("slo").path("utilization").asDouble());
        assertThat(narrow.path("chosenWidth").asInt()).isGreaterThan(1);
        JsonNode impossible = post(ONE + "/what-if", "{\"width\": 9, " + load + "}");
        assertThat(impossible.path("transition").path("possible").asBoolean()).isFalse();
        assertThat(impossible.path("transition").path("reason").asText()).contains("free accelerator");
    }

    @Test
    void permissionsAreWhatTheCallsWouldAnswer() throws IOException {
        JsonNode viewer = get(ONE + "/permissions");
        assertThat(viewer.path("user").asText()).isEqualTo("viewer");
        assertThat(viewer.path("allowed")).isEmpty();
        JsonNode admin = ok(operator.call("GET", ONE + "/permissions", ADMIN, null));
        assertThat(admin.path("allowed"))
                .extracting(JsonNode::asText)
                .containsExactly("approve", "cancelOperation", "pause", "requestWidth", "resume", "rollBack");
        assertThat(operator.call("POST", ONE + "/pause", VIEWER, null).statusCode())
                .isEqualTo(403);
    }

    @Test
    void historyBeginsByItselfAndSaysNothingOfWhatIsUnknown() {
        Awaitility.await()
                .atMost(RestFixture.LIMIT)
                .untilAsserted(() -> assertThat(get(ONE + "/history")).hasSizeGreaterThan(1));
        Awaitility.await().atMost(RestFixture.LIMIT).untilAsserted(() -> {
            JsonNode history = get(ONE + "/history");
            JsonNode last = history.get(history.size() - 1);
            assertThat(last.path("effectiveWidth").asInt()).isPositive();
            // no gateway has said anything here
            assertThat(last.has("requestsPerSecond")).isFalse();
            assertThat(last.path("at").asText())
                    .isGreaterThan(history.get(0).path("at").asText());
        });
    }

    @Test
    void theConsoleIsThereWithoutATokenAndMayReachNothingElse() throws IOException {
        HttpResponse<String> page = operator.call("GET", "/console/", "", null);
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("console.js");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                .startsWith("default-src 'none'")
                .doesNotContain("unsafe");
        assertThat(page.headers().firstValue("Cache-Control")).hasValue("no-cache");
        assertThat(operator.call("GET", "/console", "", null).headers().firstValue("Location"))
                .hasValue("/console/");
        assertThat(operator.call("GET", "/console/none.js", "", null).statusCode())
                .isEqualTo(404);
    }

    @Test
    void eventsTellFirstEverythingAndThenWhatIsNew() throws Exception {
        Set<String> seen = new HashSet<>();
        Iterator<String> lines =
                operator.stream("/api/v1/events", VIEWER).body().iterator();
        while (lines.hasNext() && !seen.containsAll(Set.of("deployment", "operation", "placement", "agents", "load"))) {
            String line = lines.next();
            if (line.startsWith("event:")) {
                seen.add(line.substring("event:".length()).strip());
            }
        }
        assertThat(seen).contains("deployment", "operation", "placement", "agents", "load");
    }

    @Test
    void eventsOfOneDeploymentAreItsOwn() throws Exception {
        HttpResponse<java.util.stream.Stream<String>> stream = operator.stream(ONE + "/events", VIEWER);
        assertThat(stream.statusCode()).isEqualTo(200);
        Iterator<String> lines = stream.body().iterator();
        Set<String> seen = new HashSet<>();
        while (lines.hasNext() && !seen.containsAll(Set.of("deployment", "operation", "placement", "load"))) {
            String line = lines.next();
            if (line.startsWith("event:")) {
                seen.add(line.substring("event:".length()).strip());
            }
        }
        assertThat(seen)
                .contains("deployment", "operation", "placement", "load")
                .doesNotContain("agents");
    }

    @Test
    void theCommittedDocumentNamesEverything() throws IOException {
        String document = Files.readString(DOCUMENT);
        assertThat(document).contains("openapi: 3.1.0").doesNotContain("description: \"\"");
        JsonNode served = json(operator.call("GET", "/api/v1/openapi?format=json", "", null));
        served.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(method -> {
                    JsonNode operation = method.getValue();
                    String where = method.getKey() + " " + path.getKey();
                    assertThat(operation.path("operationId").asText()).as(where).isNotEmpty();
                    assertThat(operation.path("summary").asText()).as(where).isNotEmpty();
                    assertThat(operation.path("tags")).as(where).isNotEmpty();
                    assertThat(operation.path("responses").has("401")).as(where).isTrue();
                    operation
                            .path("parameters")
                            .forEach(parameter -> assertThat(
                                            parameter.path("description").asText())
                                    .as(where + " " + parameter.path("name").asText())
                                    .isNotEmpty());
                }));
    }
}
