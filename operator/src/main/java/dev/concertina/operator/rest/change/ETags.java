package dev.concertina.operator.rest.change;

import dev.concertina.operator.rest.problem.ProblemException;
import io.fabric8.kubernetes.api.model.HasMetadata;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The resource version of an object as its entity tag. */
public final class ETags {
    private ETags() {}

    /** The tag, in quotes. */
    public static String of(HasMetadata object) {
        return '"' + String.valueOf(object.getMetadata().getResourceVersion()) + '"';
    }

    /** The object with its tag; 304 without a body when the client has that version. */
    public static Response answer(HasMetadata object, Object body, @Nullable String ifNoneMatch) {
        String tag = of(object);
        Response.ResponseBuilder response =
                ifNoneMatch != null && matches(ifNoneMatch, tag) ? Response.notModified() : Response.ok(body);
        return response.header(HttpHeaders.ETAG, tag).build();
    }

    /**
     * Compares with {@code If-Match}.
     *
     * @throws ProblemException 412 when it names another version
     */
    static void check(@Nullable String ifMatch, HasMetadata object) {
        if (ifMatch != null && !matches(ifMatch, of(object))) {
            throw ProblemException.changed("If-Match names " + ifMatch.strip() + ", the object is at " + of(object)
                    + "; read it again and repeat with its ETag");
        }
    }

    private static boolean matches(String header, String tag) {
        return Arrays.stream(header.split(",", -1))
                .map(String::strip)
                .anyMatch(one -> one.equals("*") || one.equals(tag));
    }
}
