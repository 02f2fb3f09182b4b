package dev.concertina.gateway.openai;

import dev.concertina.gateway.routing.Outcome;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Answers by idempotency key. One under way whose client is gone goes on for a while, so that a retry finds it; a complete one is kept for
 * minutes, so that a retry gets the same. One that failed is forgotten: a retry starts anew. Bounded by tokens: the eldest complete ones go
 * first. Confined to the event loop.
 */
final class KeyedAnswers {
    static final Duration KEPT = Duration.ofMinutes(10);
    static final Duration UNREAD = Duration.ofSeconds(30);
    /** Of an answer without tokens: its entries in the maps, its id and fingerprint. */
    private static final int TOKENS_PER_ENTRY = 128;

    /** A complete answer and when it was complete. */
    private record Complete(Answer answer, long sinceNanos) {
        long tokens() {
            return TOKENS_PER_ENTRY + answer.log().size();
        }
    }

    private final long maxTokens;
    private final LongSupplier nanoClock;
    private final Map<String, Answer> running = new HashMap<>();
    private final Map<String, Long> unreadSince = new HashMap<>();
    private final LinkedHashMap<String, Complete> complete = new LinkedHashMap<>(); // eldest first
    private long tokens;

    /**
     * Nothing at first.
     *
     * @param maxTokens most tokens in complete answers
     * @param nanoClock monotonic time, ns
     */
    KeyedAnswers(long maxTokens, LongSupplier nanoClock) {
        this.maxTokens = maxTokens;
        this.nanoClock = nanoClock;
    }

    /** The answer under way or complete, or null. */
    @Nullable
    Answer find(String key) {
        Answer answer = running.get(key);
        if (answer != null) {
            return answer;
        }
        Complete kept = complete.get(key);
        return kept == null ? null : kept.answer();
    }

    /** A new answer under way. */
    void put(String key, Answer answer) {
        running.put(key, answer);
    }

    /** Its last reader left. */
    void unread(String key) {
        unreadSince.put(key, nanoClock.getAsLong());
    }

    /** It has ended, in whatever way. */
    void ended(String key, Answer answer) {
        running.remove(key);
        unreadSince.remove(key);
        if (answer.log().outcome() instanceof Outcome.Completed) {
            Complete kept = new Complete(answer, nanoClock.getAsLong());
            complete.put(key, kept);
            tokens += kept.tokens();
            forgetWhile(eldest -> tokens > maxTokens);
        }
    }

    /** Once a second: cancels what nobody has read for a while, and forgets what has been kept long enough. */
    void tick() {
        long now = nanoClock.getAsLong();
        List.copyOf(unreadSince.entrySet()).forEach(entry -> {
            Answer answer = running.get(entry.getKey());
            if (answer == null || answer.isRead()) {
                unreadSince.remove(entry.getKey());
            } else if (now - entry.getValue() > UNREAD.toNanos()) {
                answer.cancel(); // comes back as ended()
            }
        });
        forgetWhile(eldest -> now - eldest.sinceNanos() > KEPT.toNanos());
    }

    /** Answers kept, complete ones and those under way. */
    int size() {
        return running.size() + complete.size();
    }

    private void forgetWhile(Predicate<Complete> tooMuch) {
        Iterator<Complete> each = complete.values().iterator();
        while (each.hasNext()) {
            Complete eldest = each.next();
            if (!tooMuch.test(eldest)) {
                return;
            }
            each.remove();
            tokens -= eldest.tokens();
        }
    }
}
