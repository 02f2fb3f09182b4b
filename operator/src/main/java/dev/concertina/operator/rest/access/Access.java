package dev.concertina.operator.rest.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.concertina.crds.Api;
import dev.concertina.operator.rest.problem.KubernetesProblems;
import dev.concertina.operator.rest.problem.ProblemException;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Asks the API server, and remembers its answers for {@link #KEEP}. Blocking; safe for any number of threads. */
@ApplicationScoped
public class Access {
    /** How long a right that was taken away may still be used. */
    static final Duration KEEP = Duration.ofSeconds(5);

    private static final int MOST_KEPT = 10_000;
    private static final int LONGEST_TOKEN = 16_384;

    private final KubernetesClient client;
    private final Cache<String, Optional<Identity>> tokens =
            Caffeine.newBuilder().maximumSize(MOST_KEPT).expireAfterWrite(KEEP).build();
    private final Cache<Question, Boolean> answers =
            Caffeine.newBuilder().maximumSize(MOST_KEPT).expireAfterWrite(KEEP).build();

    private record Question(Identity identity, Right right) {}

    Access(KubernetesClient client) {
        this.client = client;
    }

    /**
     * Who the token belongs to.
     *
     * @param header {@code Authorization} of the call
     * @param beforeReview called before the API server is asked
     * @throws ProblemException 401 when the API server does not know it, 503 when it cannot be asked
     */
    public Identity authenticate(@Nullable String header, Runnable beforeReview) {
        if (header == null || !header.regionMatches(true, 0, "Bearer ", 0, 7)) {
            throw ProblemException.unauthorized("give a Kubernetes bearer token: Authorization: Bearer TOKEN"
                    + " (kubectl create token SERVICEACCOUNT makes one)");
        }
        String token = header.substring(7).trim();
        if (token.isEmpty() || token.length() > LONGEST_TOKEN) {
            throw ProblemException.unauthorized("the bearer token is empty or too long");
        }
        return tokens.get(sha256(token), key -> {
                    beforeReview.run();
                    return review(token);
                })
                .orElseThrow(() -> ProblemException.unauthorized(
                        "the API server does not know this bearer token; it may have expired"));
    }

    /**
     * Lets a permitted call pass.
     *
     * @throws ProblemException 403 naming the right that is missing, 503 when the API server cannot be asked
     */
    public void require(Identity identity, Right right) {
        if (!allowed(identity, right)) {
            throw ProblemException.forbidden(
                    identity.user() + " may not " + right.words() + "; grant it with a Role and a RoleBinding");
        }
    }

    /** Whether RBAC grants it. */
    public boolean allowed(Identity identity, Right right) {
        return answers.get(new Question(identity, right), question -> review(identity, right));
    }

    private Optional<Identity> review(String token) {
        try {
            TokenReview answer = client.tokenReviews()
                    .create(new TokenReviewBuilder()
                            .withNewSpec()
                            .withToken(token)
                            .endSpec()
                            .build());
            return answer.getStatus() != null
                            && Boolean.TRUE.equals(answer.getStatus().getAuthenticated())
                            && answer.getStatus().getUser() != null
                    ? Optional.of(Identity.of(answer.getStatus().getUser()))
                    : Optional.empty();
        } catch (KubernetesClientException e) {
            throw KubernetesProblems.of(e);
        }
    }

    private boolean review(Identity identity, Right right) {
        SubjectAccessReview review = new SubjectAccessReviewBuilder()
                .withNewSpec()
                .withUser(identity.user())
                .withUid(identity.uid())
                .withGroups(identity.groups())
                .withExtra(identity.extra())
                .withNewResourceAttributes()
                .withVerb(right.verb())
                .withGroup(Api.GROUP)
                .withVersion(Api.VERSION)
                .withResource(right.plural())
                .withSubresource(right.subresource())
                .withNamespace(right.namespace())
                .withName(right.name())
                .endResourceAttributes()
                .endSpec()
                .build();
        try {
            SubjectAccessReview answer =
                    client.authorization().v1().subjectAccessReview().create(review);
            return answer.getStatus() != null
                    && Boolean.TRUE.equals(answer.getStatus().getAllowed());
        } catch (KubernetesClientException e) {
            throw KubernetesProblems.of(e);
        }
    }

    private static String sha256(String token) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
