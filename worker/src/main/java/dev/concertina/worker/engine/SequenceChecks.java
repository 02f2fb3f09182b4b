package dev.concertina.worker.engine;

import dev.concertina.wire.ControlException;
import dev.concertina.wire.Workers;
import dev.concertina.worker.kv.KvGrant;
import dev.concertina.worker.kv.KvPool;
import dev.concertina.worker.model.ModelShape;

/** What a sequence must be before it is taken; anything else is a 400 in one sentence. */
final class SequenceChecks {
    private SequenceChecks() {}

    static LiveSequence checked(Workers.Sequence request, ModelShape shape, KvPool pool) {
        check(request, shape);
        LiveSequence sequence = new LiveSequence(request, shape.eosIds());
        if (sequence.pagesNeeded() > pool.total()) {
            throw new ControlException(
                    400, "it needs " + sequence.pagesNeeded() + " KV pages, the pool has " + pool.total());
        }
        return sequence;
    }

    /** A sequence handed over must have something left to compute, and pages for all of it. */
    static void adoptable(LiveSequence sequence, KvGrant grant) {
        if (sequence.full() || grant.pages().length < sequence.pagesNeeded()) {
            throw new ControlException(
                    400,
                    "nothing is left to generate, or " + grant.pages().length + " pages are too few for "
                            + sequence.maxLength() + " tokens");
        }
        int computed = grant.computed();
        if (computed < 0 || computed >= sequence.remaining()) {
            throw new ControlException(
                    400, computed + " of " + sequence.remaining() + " tokens cannot have been computed");
        }
    }

    private static void check(Workers.Sequence request, ModelShape shape) {
        if (request.id() == null || request.id().isBlank()) {
            throw new ControlException(400, "a sequence needs an id");
        }
        if (request.promptIds() == null || request.promptIds().length == 0) {
            throw new ControlException(400, "a sequence needs at least one prompt token");
        }
        if (request.generatedIds() == null || request.stopIds() == null) {
            throw new ControlException(400, "generatedIds and stopIds must be there, if empty");
        }
        if (request.maxTokens() < 1 || request.generatedIds().length > request.maxTokens()) {
            throw new ControlException(
                    400,
                    "maxTokens must be at least 1 and at least the " + request.generatedIds().length
                            + " tokens already generated, not " + request.maxTokens());
        }
        if ((long) request.promptIds().length + request.maxTokens() > shape.maxContext()) {
            throw new ControlException(
                    400,
                    "prompt and answer of " + request.promptIds().length + " + " + request.maxTokens()
                            + " tokens exceed the context of " + shape.maxContext());
        }
        checkIds(request.promptIds(), shape.vocab());
        checkIds(request.generatedIds(), shape.vocab());
        checkIds(request.stopIds(), shape.vocab());
    }

    private static void checkIds(int[] ids, int vocab) {
        for (int id : ids) {
            if (id < 0 || id >= vocab) {
                throw new ControlException(400, "token id " + id + " is outside the vocabulary of " + vocab);
            }
        }
    }
}
