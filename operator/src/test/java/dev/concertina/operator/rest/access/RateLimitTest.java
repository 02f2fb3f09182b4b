package dev.concertina.operator.rest.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.concertina.operator.rest.problem.ProblemException;
import jakarta.ws.rs.core.Response;
import org.junit.jupiter.api.Test;

class RateLimitTest {
    /** One call in an hour and a half, so that no test is slow enough to see a second one. */
    private static final double RARELY = 1.0 / 5400;

    @Test
    void aBurstIsTakenAndThenNoMore() {
        RateLimit limit = new RateLimit(() -> 100.0);
        for (int i = 0; i < 200; i++) {
            limit.take("one");
        }
        assertThatCode(() -> limit.take("another")).doesNotThrowAnyException();
        RateLimit strict = new RateLimit(() -> RARELY);
        ProblemException refusal = catchThrowableOfType(ProblemException.class, () -> strict.take("one"));
        assertThat(refusal.problem().status()).isEqualTo(429);
        Response answer = refusal.problem().toResponse();
        assertThat(answer.getHeaderString("Retry-After")).isEqualTo("1");
        assertThat(answer.getMediaType()).hasToString("application/problem+json");
    }
}
