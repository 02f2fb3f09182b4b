package dev.concertina.operator.routes;

import dev.concertina.operator.fleet.Fleet;
import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Peers;
import dev.concertina.operator.fleet.Seat;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Workers;
import java.io.IOException;
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

    public Serving(Fleet fleet, Peers peers) {
        this.fleet = fleet;
        this.peers = peers;
    }

    /** What a rank does. */
    public enum Health {
        /** It uses the epoch. */
        SERVING,
        /** Its process lives and did not answer just now. */
        UNKNOWN,
        /** Its process lives and has not taken the epoch: it was started after the commit. */
        NEW,
        /** Its process is gone, or its accelerator. */
        LOST
    }

    /** One rank as observed. */
    public record RankHealth(int rank, Health health, List<Rank> address) {}

    /** The ranks {@code 0 .. width-1} of an epoch. */
    public List<RankHealth> observe(String deployment, int width, long epoch, Duration maxAge) {
        FleetView view = fleet.recent(maxAge);
        Map<Integer, Seat> seats = view.seats(deployment);
        boolean blind = view.agents().stream().anyMatch(agent -> agent.state() == null);
        List<Callable<RankHealth>> calls = new ArrayList<>();
        for (int rank = 0; rank < width; rank++) {
            int number = rank;
            Seat seat = seats.get(rank);
            if (seat == null) {
                // an agent that does not answer may well have it: unknown, not lost
                calls.add(() -> new RankHealth(number, blind ? Health.UNKNOWN : Health.LOST, List.of()));
            } else if (!seat.live()) {
                calls.add(() -> new RankHealth(number, Health.LOST, List.of()));
            } else {
                calls.add(() -> ask(seat, epoch));
            }
        }
        return all(calls);
    }

    private RankHealth ask(Seat seat, long epoch) {
        try {
            Workers.State state = peers.workerState(seat.member().controlAddress());
            Health health = state.epoch() >= epoch ? Health.SERVING : Health.NEW;
            return new RankHealth(seat.rank(), health, List.of(seat.toRank()));
        } catch (IOException | ControlException e) {
            return new RankHealth(seat.rank(), Health.UNKNOWN, List.of(seat.toRank()));
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
