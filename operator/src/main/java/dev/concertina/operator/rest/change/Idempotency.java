package dev.concertina.operator.rest.change;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.concertina.operator.rest.access.AccessFilter;
import dev.concertina.operator.rest.problem.ProblemException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Does a call with an {@code Idempotency-Key} once and answers its repetitions with the first answer, for an hour, in this leader's memory.
 * A failed call leaves nothing behind and may be repeated. Safe for any number of threads.
 */
@ApplicationScoped
public class Idempotency {
    private static final String HEADER = "Idempotency-Key";
    private static final int LONGEST = 255;

    private final Cache<Key, First> firsts = Caffeine.newBuilder()
            .maximumSize(10_000)
            .expireAfterWrite(Duration.ofHours(1))
            .build();

    private record Key(String user, String method, String path, String key) {}

    private record First(@Nullable Object body, CompletableFuture<Response> answer) {}

    /**
     * Carries out a call unless it was before.
     *
     * @param body of the call; the same key with another one is refused with 422
     */
    public Response once(ContainerRequestContext call, @Nullable Object body, Supplier<Response> action) {
        String header = call.getHeaderString(HEADER);
        if (header == null) {
            return action.get();
        }
        if (header.isBlank() || header.length() > LONGEST) {
            throw ProblemException.badRequest(HEADER, "give 1 to " + LONGEST + " characters, a UUID for example");
        }
        Key key = new Key(
                AccessFilter.identity(call).user(),
                call.getMethod(),
                call.getUriInfo().getPath(),
                header);
        First mine = new First(body, new CompletableFuture<>());
        First first = firsts.asMap().putIfAbsent(key, mine);
        if (first == null) {
            try {
                Response answer = action.get();
                mine.answer().complete(answer);
                return answer;
            } catch (RuntimeException e) {
                firsts.asMap().remove(key, mine);
                mine.answer().cancel(false);
                throw e;
            }
        }
        if (!Objects.equals(first.body(), body)) {
            throw ProblemException.unprocessable(HEADER, "it was used before with another body; take a new one");
        }
        Response answer = first.answer().isCompletedExceptionally()
                ? null
                : first.answer().getNow(null);
        if (answer == null) {
            throw ProblemException.conflict("a call with this Idempotency-Key is under way; ask again in a moment");
        }
        return Response.fromResponse(answer)
                .header("Idempotency-Replayed", true)
                .build();
    }
}
