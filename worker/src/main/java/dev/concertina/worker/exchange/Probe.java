package dev.concertina.worker.exchange;

import dev.concertina.wire.ControlException;
import dev.concertina.wire.EpochMap;
import dev.concertina.wire.Rank;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Checks that the ranks of a map can be reached before anything depends on it. */
public final class Probe {
    private static final Duration ANSWER = Duration.ofSeconds(2);
    private static final long RETRY_NANOS = 100_000_000;

    private Probe() {}

    /**
     * Says hello to every other rank.
     *
     * @throws ControlException 409 naming the first rank that does not answer within {@code patience}
     */
    public static void reachAll(EpochMap map, Self self, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        for (Rank rank : map.ranks()) {
            while (rank.rank() != self.rank()) {
                try (PeerLink link = PeerLink.connect(rank, self, ANSWER)) {
                    break;
                } catch (IOException e) {
                    if (System.nanoTime() - deadline > 0) {
                        throw new ControlException(
                                409,
                                "rank " + rank.rank() + " does not answer at " + rank.exchangeAddress() + ": "
                                        + e.getMessage());
                    }
                    LockSupport.parkNanos(RETRY_NANOS);
                }
            }
        }
    }
}
