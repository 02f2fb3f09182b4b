package dev.concertina.operator.rest.problem;

import com.fasterxml.jackson.annotation.JsonInclude;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Problem details, RFC 9457.
 *
 * @param title the status in words
 * @param status HTTP status
 * @param detail one sentence with cause and fix
 * @param errors fields that are wrong, when fields are
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(name = "Problem", description = "Problem details, RFC 9457.")
public record Problem(
        @Schema(description = "Always about:blank: the status says the kind.", examples = "about:blank")
        String type,

        @Schema(description = "The status in words.") String title,

        @Schema(description = "HTTP status.") int status,

        @Schema(description = "One sentence: what is wrong, and what to do.")
        String detail,

        @Nullable @Schema(description = "The fields that are wrong, when fields are.")
        List<FieldError> errors) {
    public static final String MEDIA_TYPE = "application/problem+json";
    static final int UNPROCESSABLE = 422;
    static final int TOO_MANY_REQUESTS = 429;

    /** One field. */
    @Schema(description = "One wrong field.")
    public record FieldError(
            @Schema(description = "Its path in the body, or the name of the parameter or header.")
            String field,

            @Schema(description = "What is wrong with it.") String detail) {}

    public static Problem of(int status, String detail) {
        return new Problem("about:blank", title(status), status, detail, null);
    }

    static Problem of(int status, String detail, List<FieldError> errors) {
        return new Problem("about:blank", title(status), status, detail, errors.isEmpty() ? null : errors);
    }

    private static String title(int status) {
        Response.Status known = Response.Status.fromStatusCode(status);
        if (known != null) {
            return known.getReasonPhrase();
        }
        return status == UNPROCESSABLE ? "Unprocessable Content" : "Error";
    }

    /** The answer. */
    public Response toResponse() {
        Response.ResponseBuilder response =
                Response.status(status).type(MEDIA_TYPE).entity(this);
        if (status == Response.Status.UNAUTHORIZED.getStatusCode()) {
            response.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        }
        if (status == Response.Status.SERVICE_UNAVAILABLE.getStatusCode() || status == TOO_MANY_REQUESTS) {
            response.header(HttpHeaders.RETRY_AFTER, 1);
        }
        return response.build();
    }
}
