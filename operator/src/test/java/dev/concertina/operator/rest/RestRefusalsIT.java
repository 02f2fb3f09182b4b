package dev.concertina.operator.rest;

import static dev.concertina.operator.doubles.ReviewingDispatcher.ADMIN;
import static dev.concertina.operator.doubles.ReviewingDispatcher.TEAM;
import static dev.concertina.operator.doubles.ReviewingDispatcher.VIEWER;
import static dev.concertina.operator.rest.OperatorProcess.json;
import static dev.concertina.operator.rest.RestFixture.ONE;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the admin API refuses, and how it says so. */
class RestRefusalsIT {
    @TempDir
    static Path folder;

    private static RestFixture fixture;
    private static OperatorProcess operator;

    @BeforeAll
    static void start() throws IOException {
        fixture = new RestFixture(folder, "Advisory", "100");
        operator = fixture.operator;
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    private static JsonNode refused(int status, HttpResponse<String> response) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("application/problem+json");
        JsonNode problem = json(response);
        assertThat(problem.path("status").asInt()).isEqualTo(status);
        assertThat(problem.path("title").asText()).isNotEmpty();
        assertThat(problem.path("detail").asText()).isNotEmpty();
        return problem;
    }

    @Test
    void nothingIsReadOrWrittenWithoutATokenAndItsRights() throws IOException {
        for (String path :
                new String[] {"/api/v1/deployments", ONE, ONE + "/load", "/api/v1/agents", "/api/v1/events"}) {
            HttpResponse<String> nobody = operator.call("GET", path, "", null);
            refused(401, nobody);
            assertThat(nobody.headers().firstValue("WWW-Authenticate")).contains("Bearer");
            refused(401, operator.call("GET", path, "a-stranger's-token", null));
        }
        JsonNode no = refused(403, operator.call("PUT", ONE + "/scale", VIEWER, "{\"width\": 2}"));
        assertThat(no.path("detail").asText()).contains("viewer may not update moedeployments/scale");
        refused(403, operator.call("POST", ONE + "/pause", VIEWER, ""));
        refused(403, operator.call("POST", ONE + "/rollback", VIEWER, "{\"to\": \"width\"}"));
        refused(403, operator.call("GET", "/api/v1/deployments", TEAM, null));
        assertThat(operator.call("GET", "/api/v1/deployments?namespace=team", TEAM, null)
                        .statusCode())
                .isEqualTo(200);
        refused(403, operator.call("GET", ONE, TEAM, null));
        refused(403, operator.call("GET", "/api/v1/agents?namespace=team", TEAM, null));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET | /api/v1/nothing | 404 | nothing at this path",
                "GET | /api/v1/deployments/default/nobody | 404 | no MoEDeployment default/nobody",
                "GET | /api/v1/deployments/default/shakespeare/operations/x | 404 | no ScaleOperation",
                "DELETE | /api/v1/deployments | 405 | GET",
                "PUT | /api/v1/deployments/default/shakespeare/approve | 405 | POST",
                "GET | /api/v1/deployments/Default/x | 400 | namespace",
                "GET | /api/v1/deployments/default/shakespeare/decisions?limit=0 | 400 | limit"
            })
    void whatIsNotThereIsSaid(String method, String path, int status, String word) throws IOException {
        JsonNode problem = refused(status, operator.call(method, path, ADMIN, null));
        assertThat(problem.path("detail").asText()).contains(word);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{ | 400 | JSON",
                "{\"widht\": 2} | 400 | widht",
                "{\"width\": \"many\"} | 400 | width",
                "{\"width\": -1} | 400 | width",
                "{\"width\": 5000} | 400 | width",
                "{} | 400 | width",
                "[1] | 400 | JSON",
                "null | 400 | body"
            })
    void aWrongBodyNamesItsField(String body, int status, String word) throws IOException {
        JsonNode problem = refused(status, operator.call("PUT", ONE + "/scale", ADMIN, body));
        assertThat(problem.path("detail").asText()).contains(word);
    }

    @Test
    void mediaTypesAndSizesAreLimited() throws IOException {
        refused(415, operator.call("PUT", ONE + "/scale", ADMIN, "width=2", "Content-Type", "text/plain"));
        String large = "{\"width\": 2, \"x\": \"" + "x".repeat(100_000) + "\"}";
        assertThat(refused(413, operator.call("PUT", ONE + "/scale", ADMIN, large))
                        .path("detail")
                        .asText())
                .contains("bytes");
        refused(406, operator.call("GET", ONE, ADMIN, null, "Accept", "image/png"));
    }

    @Test
    void approvalNeedsAProposalThatDiffers() throws IOException {
        Awaitility.await()
                .atMost(RestFixture.LIMIT)
                .until(() -> !json(operator.call("GET", ONE + "/decisions", VIEWER, null))
                        .isEmpty());
        JsonNode decision = json(operator.call("GET", ONE + "/decisions?limit=1", VIEWER, null))
                .get(0);
        assertThat(decision.path("reasons").get(0).asText()).contains("no traffic window arrived");
        JsonNode same = refused(409, operator.call("POST", ONE + "/approve", ADMIN, "{}"));
        assertThat(same.path("detail").asText()).contains("wanted already");
        JsonNode old = refused(
                409, operator.call("POST", ONE + "/approve", ADMIN, "{\"decision\": \"2020-01-01T00:00:00Z\"}"));
        assertThat(old.path("detail").asText()).contains("read the decisions again");
        assertThat(operator.call("PUT", ONE + "/scale", ADMIN, "{\"width\": 2}").statusCode())
                .isEqualTo(200);
        fixture.awaitWidth(2);
        HttpResponse<String> replayed =
                operator.call("POST", ONE + "/replay", VIEWER, "{\"scaling\": {\"minWidth\": 3}}");
        assertThat(replayed.statusCode()).as(replayed.body()).isEqualTo(200);
        assertThat(json(replayed).path("points").get(0).path("decided").asInt()).isEqualTo(3);
        JsonNode period =
                refused(422, operator.call("POST", ONE + "/replay", VIEWER, "{\"to\": \"2020-01-01T00:00:00Z\"}"));
        assertThat(period.path("errors").get(0).path("field").asText()).isEqualTo("from");
        JsonNode bounds =
                refused(422, operator.call("POST", ONE + "/replay", VIEWER, "{\"scaling\": {\"minWidth\": 9}}"));
        assertThat(bounds.path("detail").asText()).contains("minWidth 9");
    }
}
