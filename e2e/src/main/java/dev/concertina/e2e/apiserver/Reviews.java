package dev.concertina.e2e.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** TokenReview and SubjectAccessReview for the one token that this server knows: whoever has it may do everything. */
final class Reviews {
    private static final String USER = "concertina-local-admin";

    private final byte[] token;

    Reviews(String token) {
        this.token = token.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The review with its status.
     *
     * @throws IllegalArgumentException for anything else
     */
    JsonNode answer(JsonNode review) {
        if (!(review instanceof ObjectNode object)) {
            throw new IllegalArgumentException("expected an object");
        }
        ObjectNode answer = object.deepCopy();
        if (review.path("spec").has("token")) {
            boolean known = MessageDigest.isEqual(
                    token, review.path("spec").path("token").asText().getBytes(StandardCharsets.UTF_8));
            ObjectNode status = answer.putObject("status").put("authenticated", known);
            if (known) {
                status.putObject("user")
                        .put("username", USER)
                        .putArray("groups")
                        .add("system:masters");
            } else {
                status.put("error", "this server knows one token only");
            }
        } else {
            answer.putObject("status")
                    .put("allowed", USER.equals(review.path("spec").path("user").asText()));
        }
        return answer;
    }
}
