package dev.concertina.gateway.openai;

import io.vertx.core.MultiMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a client's headers say of an earlier try of the same request.
 *
 * @param key {@code Idempotency-Key}: the same for every try, null when the client does not retry
 * @param from tokens that the client has ({@code Last-Event-ID}); the stream goes on after them
 * @param complete whether it has the last event too, so that only the end mark is missing
 */
record Retry(@Nullable String key, int from, boolean complete) {
    private static final String KEY = "Idempotency-Key";
    private static final String LAST_EVENT = "Last-Event-ID";
    private static final Pattern KEY_FORM = Pattern.compile("[\\x21-\\x7e]{1,255}");
    private static final Pattern EVENT_FORM = Pattern.compile("(\\d{1,9})(-end)?");

    /** @throws ApiException 400 with a sentence that names the header */
    static Retry of(MultiMap headers, CompletionRequest request) {
        String key = headers.get(KEY);
        String last = headers.get(LAST_EVENT);
        if (key != null && !KEY_FORM.matcher(key).matches()) {
            throw ApiException.badRequest(
                    "'" + KEY + "' must be 1 to 255 visible ASCII characters, the same for each try of a request", KEY);
        }
        if (last == null) {
            return new Retry(key, 0, false);
        }
        Matcher event = EVENT_FORM.matcher(last);
        if (key == null || !request.stream() || !event.matches()) {
            throw ApiException.badRequest(
                    "'" + LAST_EVENT
                            + "' must be the id of an event of this stream, and needs \"stream\": true and the '" + KEY
                            + "' of the first try",
                    LAST_EVENT);
        }
        int from = Integer.parseInt(event.group(1));
        if (from > request.maxTokens()) {
            throw ApiException.badRequest(
                    "'" + LAST_EVENT + "' says " + from + " tokens, but max_tokens is " + request.maxTokens(),
                    LAST_EVENT);
        }
        return new Retry(key, from, event.group(2) != null);
    }

    /** The id of an event after which a client has that many tokens. */
    static String eventId(int tokens, boolean last) {
        return last ? tokens + "-end" : String.valueOf(tokens);
    }
}
