package dev.concertina.worker.migration;

import dev.concertina.wire.ControlException;
import dev.concertina.worker.engine.Engine;
import dev.concertina.worker.engine.LiveSequence;
import dev.concertina.worker.kv.KvGrant;
import dev.concertina.worker.kv.KvLayout;
import dev.concertina.worker.kv.KvPool;
import dev.concertina.worker.serving.Serving;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** The receiving side of hand-overs. Safe for use by many threads. */
public final class Reservations {
    /** Far longer than a source copies into the pages ({@link Migrator}), since afterwards they are another sequence's. */
    private static final Duration KEPT = Duration.ofSeconds(60);

    /** An abort follows its adopt within seconds or never. */
    private static final Duration ABORTABLE = Duration.ofSeconds(120);

    private record Held(String sequence, KvGrant grant, long sinceNanos, KvPool pool) {
        void giveBack() {
            pool.give(grant.pages());
        }
    }

    private record Adopted(String sequence, long sinceNanos) {}

    private final Map<String, Held> held = new ConcurrentHashMap<>();
    private final Map<String, Adopted> adopted = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();

    Migrations.Reserved reserve(Serving serving, Migrations.Reserve request) {
        if (request.pageBytes() != serving.pageBytes()) {
            throw new ControlException(
                    400, "pages of " + request.pageBytes() + " bytes do not fit into " + serving.pageBytes());
        }
        if (request.tokens() < 1
                || KvLayout.pagesFor(request.tokens()) > serving.pool().total()) {
            throw new ControlException(400, request.tokens() + " tokens never fit into this rank's KV pool");
        }
        if (serving.engine().draining()) {
            throw new ControlException(409, "this rank is draining");
        }
        LiveSequence here = serving.engine().find(request.id());
        if (here != null && !here.log().ended()) {
            throw new ControlException(409, "a sequence with id " + request.id() + " is live here");
        }
        if (serving.engine().liveSequences() >= Engine.MOST_LIVE) {
            throw new ControlException(507, "this rank runs as many sequences as it takes");
        }
        KvGrant grant = serving.pool()
                .reserve(KvLayout.pagesFor(request.tokens()))
                .orElseThrow(() -> new ControlException(507, "too few KV pages are free"));
        String reservation = "r" + numbers.incrementAndGet();
        held.put(reservation, new Held(request.id(), grant, System.nanoTime(), serving.pool()));
        long[] offsets = Arrays.stream(grant.pages())
                .mapToLong(page -> page * serving.pageBytes())
                .toArray();
        return new Migrations.Reserved(reservation, grant.owner(), offsets);
    }

    void adopt(Serving serving, Migrations.Adopt request) {
        Held pages = held.remove(request.reservation());
        if (pages == null) {
            throw new ControlException(404, "no reservation " + request.reservation());
        }
        if (!pages.sequence.equals(request.state().id())) {
            pages.giveBack();
            throw new ControlException(404, "reservation " + request.reservation() + " is of another sequence");
        }
        adopted.put(request.reservation(), new Adopted(pages.sequence, System.nanoTime()));
        LiveSequence live;
        try {
            live = serving.engine()
                    .adopt(request.state(), new KvGrant(pages.grant.owner(), pages.grant.pages(), request.computed()));
        } catch (RuntimeException e) {
            adopted.remove(request.reservation());
            pages.giveBack();
            throw e;
        }
        if (!adopted.containsKey(request.reservation())) {
            serving.engine().cancel(live); // the source gave up meanwhile and goes on by itself
        }
    }

    void abort(Serving serving, Migrations.Abort request) {
        Held pages = held.remove(request.reservation());
        if (pages != null) {
            pages.giveBack();
        }
        Adopted gone = adopted.remove(request.reservation());
        LiveSequence live = gone == null ? null : serving.engine().find(gone.sequence);
        if (live != null) {
            serving.engine().cancel(live);
        }
    }

    /** Gives back what nobody came for; to be called every second or so. */
    public void sweep() {
        long now = System.nanoTime();
        held.forEach((reservation, pages) -> {
            if (now - pages.sinceNanos > KEPT.toNanos() && held.remove(reservation, pages)) {
                pages.giveBack();
            }
        });
        adopted.values().removeIf(one -> now - one.sinceNanos > ABORTABLE.toNanos());
    }
}
