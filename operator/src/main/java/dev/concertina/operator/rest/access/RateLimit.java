package dev.concertina.operator.rest.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.concertina.operator.rest.problem.ProblemException;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;

/** A token bucket for each caller: a steady rate, and a burst of twice as many. Those without a token share one. Safe for any number of threads. */
@ApplicationScoped
public class RateLimit {
    private final double perSecond;
    private final Cache<String, Bucket> buckets = Caffeine.newBuilder()
            .maximumSize(10_000)
            .expireAfterAccess(Duration.ofMinutes(1))
            .build();

    RateLimit(ApiSettings settings) {
        this.perSecond = settings.requestsPerSecond();
    }

    private static final class Bucket {
        private double tokens;
        private long filledAt = System.nanoTime();

        private Bucket(double tokens) {
            this.tokens = tokens;
        }

        private synchronized boolean take(double perSecond) {
            long now = System.nanoTime();
            tokens = Math.min(2 * perSecond, tokens + (now - filledAt) / 1e9 * perSecond);
            filledAt = now;
            if (tokens < 1) {
                return false;
            }
            tokens--;
            return true;
        }
    }

    /**
     * Counts one call.
     *
     * @throws ProblemException 429 when it is one too many
     */
    void take(String caller) {
        if (!buckets.get(caller, key -> new Bucket(2 * perSecond)).take(perSecond)) {
            throw ProblemException.tooMany(
                    "more than " + perSecond + " calls per second; wait a second, or watch /api/v1/events instead");
        }
    }
}
