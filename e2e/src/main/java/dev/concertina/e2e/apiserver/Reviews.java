package dev.concertina.e2e.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** TokenReview and SubjectAccessReview for the two tokens that this server knows: one may do everything, the other look. */
final class Reviews {
    private static final Set<String> LOOKING = Set.of("get", "list", "watch");

    private final List<User> users;

    private record User(String name, byte[] token, List<String> groups) {
        private boolean has(String given) {
            return MessageDigest.isEqual(token, given.getBytes(StandardCharsets.UTF_8));
        }
    }

    /**
     * A review for two.
     *
     * @param token of who may do everything
     * @param viewToken of who may look
     */
    Reviews(String token, String viewToken) {
        users = List.of(
                new User("concertina-local-admin", token.getBytes(StandardCharsets.UTF_8), List.of("system:masters")),
                new User("concertina-local-viewer", viewToken.getBytes(StandardCharsets.UTF_8), List.of()));
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
        JsonNode spec = review.path("spec");
        ObjectNode status = answer.putObject("status");
        if (spec.has("token")) {
            String given = spec.path("token").asText();
            Optional<User> known =
                    users.stream().filter(user -> user.has(given)).findFirst();
            status.put("authenticated", known.isPresent());
            known.ifPresentOrElse(
                    user -> {
                        ArrayNode groups = status.putObject("user")
                                .put("username", user.name())
                                .putArray("groups");
                        user.groups().forEach(groups::add);
                    },
                    () -> status.put("error", "this server knows two tokens only"));
        } else {
            String user = spec.path("user").asText();
            String verb = spec.path("resourceAttributes").path("verb").asText();
            boolean admin = users.getFirst().name().equals(user);
            boolean viewer = users.getLast().name().equals(user);
            status.put("allowed", admin || (viewer && LOOKING.contains(verb)));
        }
        return answer;
    }
}
