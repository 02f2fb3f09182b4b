package dev.concertina.gateway.openai;

import dev.concertina.gateway.routing.Generation;
import dev.concertina.gateway.routing.TokenLog;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The tokens of one request, and the responses that tell them to clients: one, or several tries of the same client. Confined to the event loop. */
final class Answer {
    private final String id;
    private final String fingerprint;
    private final long createdSeconds;
    private final Consumer<Answer> whenUnread;
    private final Consumer<Answer> whenEnded;
    private final TokenLog log = new TokenLog(this::changed);
    private final Set<CompletionExchange> readers = new LinkedHashSet<>();
    private @Nullable Generation generation;

    /**
     * An answer without tokens.
     *
     * @param fingerprint of the request
     * @param whenUnread told when the last reader leaves before the end
     * @param whenEnded told once
     */
    Answer(
            String id,
            String fingerprint,
            long createdSeconds,
            Consumer<Answer> whenUnread,
            Consumer<Answer> whenEnded) {
        this.id = id;
        this.fingerprint = fingerprint;
        this.createdSeconds = createdSeconds;
        this.whenUnread = whenUnread;
        this.whenEnded = whenEnded;
    }

    /** The request is on its way. */
    void generatedBy(Generation started) {
        generation = started;
    }

    /** One more response tells it, from its beginning on. */
    void read(CompletionExchange reader) {
        readers.add(reader);
        reader.more();
    }

    /** A response is written, or its client is gone. */
    void leave(CompletionExchange reader) {
        if (readers.remove(reader) && readers.isEmpty() && log.outcome() == null) {
            whenUnread.accept(this);
        }
    }

    /** A reader has found the stop text: the rest is not generated. */
    void stop() {
        if (generation != null) {
            generation.stop();
        }
    }

    /** Nobody wants it. */
    void cancel() {
        if (generation != null) {
            generation.cancel();
        }
    }

    String id() {
        return id;
    }

    String fingerprint() {
        return fingerprint;
    }

    long createdSeconds() {
        return createdSeconds;
    }

    TokenLog log() {
        return log;
    }

    boolean isRead() {
        return !readers.isEmpty();
    }

    private void changed() {
        List.copyOf(readers).forEach(CompletionExchange::more);
        if (log.outcome() != null) {
            generation = null; // with its prompt: only the tokens may be kept
            whenEnded.accept(this);
        }
    }
}
