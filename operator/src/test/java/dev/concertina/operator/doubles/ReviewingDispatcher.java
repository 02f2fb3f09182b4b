package dev.concertina.operator.doubles;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.wire.Json;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.IOException;
import java.util.Map;

/** The CRUD server with TokenReview and SubjectAccessReview: a token is its user's name, users have what {@link #GRANTED} says. */
public final class ReviewingDispatcher extends KubernetesCrudDispatcher {
    public static final String ADMIN = "admin-token";
    public static final String VIEWER = "viewer-token";
    public static final String TEAM = "team-token";
    private static final Map<String, String> USERS = Map.of(ADMIN, "admin", VIEWER, "viewer", TEAM, "team");

    /** User to a pattern of {@code verb resource namespace}. */
    private static final Map<String, String> GRANTED =
            Map.of("admin", ".*", "viewer", "(get|list|watch) .*", "team", "(get|list|watch) .* team");

    @Override
    public MockResponse dispatch(RecordedRequest request) {
        String path = request.getPath();
        try {
            if (path.endsWith("/tokenreviews")) {
                return token(Json.mapper().readTree(request.getBody().readUtf8()));
            }
            if (path.endsWith("/subjectaccessreviews")) {
                return access(Json.mapper().readTree(request.getBody().readUtf8()));
            }
        } catch (IOException e) {
            return new MockResponse().setResponseCode(400);
        }
        return super.dispatch(request);
    }

    private static MockResponse token(JsonNode review) {
        String user = USERS.get(review.path("spec").path("token").asText());
        ObjectNode answer = review.deepCopy();
        ObjectNode status = answer.putObject("status").put("authenticated", user != null);
        if (user != null) {
            status.putObject("user").put("username", user).put("uid", "u-" + user);
        }
        return json(answer);
    }

    private static MockResponse access(JsonNode review) {
        JsonNode asked = review.path("spec").path("resourceAttributes");
        String subresource = asked.path("subresource").asText("");
        String right =
                asked.path("verb").asText() + " " + asked.path("resource").asText()
                        + (subresource.isEmpty() ? "" : "/" + subresource) + " "
                        + asked.path("namespace").asText("");
        ObjectNode answer = review.deepCopy();
        answer.putObject("status")
                .put(
                        "allowed",
                        right.matches(
                                GRANTED.get(review.path("spec").path("user").asText())));
        return json(answer);
    }

    private static MockResponse json(JsonNode body) {
        return new MockResponse()
                .setResponseCode(201)
                .setHeader("Content-Type", "application/json")
                .setBody(body.toString());
    }
}
