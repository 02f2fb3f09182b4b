package dev.concertina.worker.exchange;

import dev.concertina.wire.Rank;
import dev.concertina.worker.epoch.AttachedEpoch;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One thread's connections to its peers, made when needed and again, with back-off, after a failure. */
final class PeerLinks implements AutoCloseable {
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(3);
    private static final long FIRST_BACK_OFF_NANOS = 20_000_000;
    private static final long LONGEST_BACK_OFF_NANOS = 500_000_000;

    private record Down(long untilNanos, long backOffNanos) {}

    private final Self self;
    private final Map<Integer, PeerLink> links = new HashMap<>();
    private final Map<Integer, Down> down = new HashMap<>();

    PeerLinks(Self self) {
        this.self = self;
    }

    /** A working link to the member. */
    PeerLink to(AttachedEpoch epoch, int number) throws IOException {
        Rank member = epoch.member(number);
        if (member == null) {
            throw new IOException("epoch " + epoch.number() + " names no address of rank " + number);
        }
        PeerLink link = links.get(number);
        if (link != null && !link.leadsTo(member)) {
            link.close();
            link = null;
        }
        if (link == null) {
            link = PeerLink.connect(member, self, ANSWER_TIMEOUT);
            links.put(number, link);
        }
        return link;
    }

    /** Notes that a peer answered: its back-off is over. */
    void good(int number) {
        if (!down.isEmpty()) {
            down.remove(number);
        }
    }

    /** Notes a failure: other replicas are preferred for a while. */
    void failed(int number, boolean broken) {
        Down before = down.get(number);
        long backOff =
                before == null ? FIRST_BACK_OFF_NANOS : Math.min(LONGEST_BACK_OFF_NANOS, before.backOffNanos * 2);
        down.put(number, new Down(System.nanoTime() + backOff, backOff));
        PeerLink link = broken ? links.remove(number) : null;
        if (link != null) {
            link.close();
        }
    }

    /** Whether the peer failed a moment ago. */
    boolean resting(int number) {
        @Nullable Down state = down.isEmpty() ? null : down.get(number);
        return state != null && System.nanoTime() - state.untilNanos < 0;
    }

    @Override
    public void close() {
        links.values().forEach(PeerLink::close);
        links.clear();
    }
}
