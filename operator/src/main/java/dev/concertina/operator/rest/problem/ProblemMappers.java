package dev.concertina.operator.rest.problem;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.Path;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/** Every failure of a call as a problem. */
public class ProblemMappers {
    private static final int NOT_FOUND = 404;
    private static final int NOT_ALLOWED = 405;
    private static final System.Logger LOG = System.getLogger(ProblemMappers.class.getName());

    private final AllowedMethods methods;

    ProblemMappers(AllowedMethods methods) {
        this.methods = methods;
    }

    @ServerExceptionMapper
    public Response problem(ProblemException refusal) {
        return refusal.problem().toResponse();
    }

    @ServerExceptionMapper
    public Response kubernetes(KubernetesClientException failure) {
        return KubernetesProblems.of(failure).problem().toResponse();
    }

    @ServerExceptionMapper
    public Response mismatched(MismatchedInputException failure) {
        return json(failure).toResponse();
    }

    @ServerExceptionMapper
    public Response invalid(ConstraintViolationException failure) {
        List<Problem.FieldError> errors = failure.getConstraintViolations().stream()
                .map(violation -> new Problem.FieldError(field(violation), violation.getMessage()))
                .sorted(java.util.Comparator.comparing(Problem.FieldError::field))
                .toList();
        String detail = errors.stream()
                .map(error -> error.field() + " " + error.detail())
                .collect(Collectors.joining("; "));
        return Problem.of(400, detail, errors).toResponse();
    }

    /** What the framework itself refuses: no such path, method, media type; a body that is no JSON. */
    @ServerExceptionMapper
    public Response framework(WebApplicationException failure, ContainerRequestContext call) {
        if (failure.getCause() instanceof JacksonException json) {
            return json(json).toResponse();
        }
        int status = failure.getResponse().getStatus();
        Set<String> allowed = methods.at(call.getUriInfo().getPath());
        boolean otherMethod = !allowed.isEmpty() && !allowed.contains(call.getMethod());
        if (otherMethod && (status == NOT_FOUND || status == NOT_ALLOWED)) {
            Response answer = Problem.of(
                            NOT_ALLOWED, "this path does not know " + call.getMethod() + "; it knows " + allowed)
                    .toResponse();
            return Response.fromResponse(answer)
                    .header(HttpHeaders.ALLOW, String.join(", ", allowed))
                    .build();
        }
        return Problem.of(status, detail(status, failure)).toResponse();
    }

    /** A fault of ours: the log has the stack, the client a sentence. */
    @ServerExceptionMapper
    public Response fault(RuntimeException failure) {
        LOG.log(System.Logger.Level.ERROR, "a call of the admin API failed", failure);
        return Problem.of(500, "the operator failed to answer; its log says more")
                .toResponse();
    }

    private static String detail(int status, WebApplicationException failure) {
        return switch (status) {
            case 404 -> "there is nothing at this path; /api/v1/openapi lists what there is";
            case 406 -> "only application/json is answered (text/event-stream at /events)";
            case 413 -> "the body is larger than 64 KiB";
            case 415 -> "the body must be application/json";
            default -> String.valueOf(failure.getMessage());
        };
    }

    private static Problem json(JacksonException failure) {
        if (failure instanceof JsonMappingException mapping
                && !mapping.getPath().isEmpty()) {
            String field = path(mapping);
            String detail = switch (mapping) {
                case UnrecognizedPropertyException unknown ->
                    "there is no such field; known are " + unknown.getKnownPropertyIds();
                case InvalidFormatException format ->
                    "'" + format.getValue() + "' is not a "
                            + format.getTargetType().getSimpleName();
                default -> firstLine(mapping.getOriginalMessage());
            };
            return Problem.of(400, field + ": " + detail, List.of(new Problem.FieldError(field, detail)));
        }
        return Problem.of(
                400, "the body is not the JSON that was expected: " + firstLine(failure.getOriginalMessage()));
    }

    private static String path(JsonMappingException mapping) {
        StringBuilder path = new StringBuilder();
        for (JsonMappingException.Reference part : mapping.getPath()) {
            if (part.getFieldName() == null) {
                path.append('[').append(part.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(part.getFieldName());
            }
        }
        return path.toString();
    }

    private static String firstLine(@Nullable String message) {
        return message == null ? "unknown" : message.lines().findFirst().orElse("unknown");
    }

    /** Without the method's and the parameter's name in front: what the client wrote. */
    private static String field(ConstraintViolation<?> violation) {
        StringBuilder field = new StringBuilder();
        String parameter = "body";
        for (Path.Node node : violation.getPropertyPath()) {
            switch (node.getKind()) {
                case METHOD -> {}
                case PARAMETER -> parameter = node.getName();
                default -> field.append(field.isEmpty() ? "" : ".").append(node);
            }
        }
        return field.isEmpty() ? parameter : field.toString();
    }
}
