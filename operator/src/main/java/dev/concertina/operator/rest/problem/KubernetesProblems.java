package dev.concertina.operator.rest.problem;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusCause;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the Kubernetes API server refused, in this API's words. */
public final class KubernetesProblems {
    private KubernetesProblems() {}

    /** The problem behind a failed call; an API server that does not answer is 503. */
    public static ProblemException of(KubernetesClientException failure) {
        String message = message(failure);
        return switch (failure.getCode()) {
            case 404 -> ProblemException.notFound(message);
            case 409 -> ProblemException.conflict("somebody else wrote at the same moment; read again and repeat");
            case 400, 413, 422 -> ProblemException.unprocessable(message, fields(failure.getStatus()));
            case 403 ->
                ProblemException.conflict("the API server does not let the operator do that: " + message
                        + "; look at its ClusterRole and at admission webhooks");
            default -> ProblemException.unavailable("the Kubernetes API server does not answer: " + message);
        };
    }

    private static String message(KubernetesClientException failure) {
        Status status = failure.getStatus();
        return status != null && status.getMessage() != null
                ? status.getMessage()
                : String.valueOf(failure.getMessage());
    }

    private static List<Problem.FieldError> fields(@Nullable Status status) {
        if (status == null || status.getDetails() == null || status.getDetails().getCauses() == null) {
            return List.of();
        }
        return status.getDetails().getCauses().stream()
                .filter(cause -> cause.getField() != null)
                .map(KubernetesProblems::field)
                .toList();
    }

    private static Problem.FieldError field(StatusCause cause) {
        return new Problem.FieldError(cause.getField(), String.valueOf(cause.getMessage()));
    }
}
