package dev.concertina.operator.routes;

import dev.concertina.operator.fleet.Fleet;
import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Peers;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.operator.ingest.Loads;
import dev.concertina.scheduler.load.TrafficEvent;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Workers;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Observes which ranks of an epoch serve. Safe for any number of threads. */
public final class Serving {
    private final Fleet fleet;
    private final Peers peers;
    private final Loads loads;
    private final Clock clock;

    /** @param loads told of the KV pages in use that each look sees */
    public Serving(Fleet fleet, Peers peers, Loads loads, Clock clock) {
        this.fleet = fleet;
        this.peers = peers;
        this.loads = loads;
        this.clock = clock;
    }

    /** What a rank does. */
    public enum Health {
        /** It uses the epoch. */
        SERVING,
        /** Nobody knows: an agent does not answer. */
        UNKNOWN,
        /** Its process holds its accelerator and did not answer just now. */
        SILENT,
        /** Its process lives and has not taken the epoch: it was started after the commit. */
        NEW,
        /** Its process is gone, or its accelerator. */
        LOST
    }

    /**
     * One rank as observed.
     *
     * @param address where it is, empty when it is lost or unknown
     * @param node of its accelerator, empty like {@code pod}
     */
    public record RankHealth(int rank, Health health, List<Rank> address, String node, String pod) {
        static RankHealth without(int rank, Health health) {
            return new RankHealth(rank, health, List.of(), "", "");
        }

        static RankHealth of(Seat seat, Health health) {
            return new RankHealth(seat.rank(), health, List.of(seat.toRank()), seat.node(), seat.pod());
        }
    }

    /** The ranks {@code 0 .. width-1} of an epoch. */
    public List<RankHealth> observe(String deployment, int width, long epoch, Duration maxAge) {
        FleetView view = fleet.recent(maxAge);
        Map<Integer, Seat> seats = view.seats(deployment, epoch);
        boolean blind = view.agents().stream().anyMatch(agent -> agent.state() == null);
        List<Callable<RankHealth>> calls = new ArrayList<>();
        for (int rank = 0; rank < width; rank++) {
            int number = rank;
            Seat seat = seats.get(rank);
            if (seat == null) {
                // an agent that does not answer may well have it: unknown, not lost
                calls.add(() -> RankHealth.without(number, blind ? Health.UNKNOWN : Health.LOST));
            } else if (!seat.live()) {
                calls.add(() -> RankHealth.without(number, Health.LOST));
            } else {
                calls.add(() -> ask(seat, epoch));
            }
        }
        return all(calls);
    }

    private RankHealth ask(Seat seat, long epoch) {
        try {
            Workers.State state = peers.workerState(seat.member().controlAddress());
            loads.accept(new TrafficEvent.KvPages(
                    state.deployment(), state.rank(), clock.instant(), state.kvPagesUsed(), state.kvPagesTotal()));
            Health health = state.epoch() >= epoch ? Health.SERVING : Health.NEW;
            return RankHealth.of(seat, health);
        } catch (IOException | ControlException e) {
            return RankHealth.of(seat, Health.SILENT);
        }
    }

    private static List<RankHealth> all(List<Callable<RankHealth>> calls) {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<RankHealth> ranks = new ArrayList<>();
            for (Future<RankHealth> future : threads.invokeAll(calls)) {
                ranks.add(future.get());
            }
            return ranks;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }
}
