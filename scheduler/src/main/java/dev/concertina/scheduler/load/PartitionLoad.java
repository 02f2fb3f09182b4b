package dev.concertina.scheduler.load;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One part of the traffic, of all deployments, on its way to digests: finds duplicates, late and impossible events, and counts the rest. All
 * events of a request, and all of a source, must be in the same part. Memory is bounded: a fixed number of ids and waiting requests, and what
 * {@link #open} counts, which the caller drains. Not for several threads.
 */
public final class PartitionLoad {
    /** Numbers beyond which a table, of experts or of pairs, is refused: it must fit into a message. */
    private static final int MOST_CELLS = 1 << 16;

    /** Tokens of one expert in one window beyond which a table is refused. */
    private static final long MOST_TOKENS = 1_000_000_000;

    /** An event further ahead of the caller's clock than this is a broken clock's. */
    private static final Duration MOST_AHEAD = Duration.ofMinutes(1);

    private static final Duration FORGET_AFTER = Duration.ofMinutes(5);

    private final Duration lateness;
    private final int most;
    private final RecentIds recent;
    private final Map<String, Part> parts = new HashMap<>();
    private final LinkedHashMap<String, Pending> pending = new LinkedHashMap<>();
    private int open;

    /** A request received in that second and still without first token. */
    private record Pending(String deployment, long second) {}

    /**
     * Nothing counted yet.
     *
     * @param recentIds request events remembered to find duplicates, and requests remembered as waiting
     * @param lateness how far behind the newest event of its deployment another may be
     */
    public PartitionLoad(int recentIds, Duration lateness) {
        this.most = recentIds;
        this.recent = new RecentIds(recentIds);
        this.lateness = lateness;
    }

    private static final class Cell {
        private final long second;
        private long received;
        private long promptTokens;
        private long completed;
        private long failed;
        private long cancelled;
        private long generatedTokens;
        private long met;
        private long missed;
        private long waiting;
        private final LatencyCounts ttft = new LatencyCounts();
        private final LatencyCounts tpot = new LatencyCounts();

        private Cell(long second) {
            this.second = second;
        }

        private LoadDigest.Second told() {
            return new LoadDigest.Second(
                    second,
                    received,
                    promptTokens,
                    completed,
                    failed,
                    cancelled,
                    generatedTokens,
                    met,
                    missed,
                    waiting,
                    ttft.told(),
                    tpot.told());
        }
    }

    private static final class Part {
        private Instant newest = Instant.EPOCH;
        private final TreeMap<Long, Cell> cells = new TreeMap<>();
        private @Nullable Cell last;
        private final List<LoadDigest.Window> windows = new ArrayList<>();
        private LoadDigest.@Nullable Experts experts;
        private long accepted;
        private long duplicates;
        private long late;
        private long malformed;

        private boolean dirty() {
            return accepted + duplicates + late + malformed > 0 || !cells.isEmpty();
        }
    }

    /**
     * Counts an event, or says why not.
     *
     * @param slo objective of its deployment
     * @param now the caller's clock
     */
    public Outcome accept(TrafficEvent event, Slo slo, Instant now) {
        Part part = parts.computeIfAbsent(event.deployment(), key -> new Part());
        if (!LoadTracker.possible(event) || event.time().isAfter(now.plus(MOST_AHEAD))) {
            part.malformed++;
            return Outcome.MALFORMED;
        }
        if (event.time().isBefore(part.newest.minus(lateness))) {
            part.late++;
            return Outcome.LATE;
        }
        if (!recent.add(event)) {
            part.duplicates++;
            return Outcome.DUPLICATE;
        }
        if (!take(part, event, slo)) {
            part.malformed++;
            return Outcome.MALFORMED;
        }
        advance(part, event);
        part.accepted++;
        return Outcome.ACCEPTED;
    }

    /** Takes an event as seen that another has counted: its repetition is a duplicate, its request waits or no longer does. */
    public void remember(TrafficEvent event, Instant now) {
        if (!LoadTracker.possible(event) || event.time().isAfter(now.plus(MOST_AHEAD)) || !recent.add(event)) {
            return;
        }
        advance(parts.computeIfAbsent(event.deployment(), key -> new Part()), event);
        switch (event) {
            case TrafficEvent.Received received ->
                pending.put(received.id(), new Pending(event.deployment(), second(event)));
            case TrafficEvent.FirstToken first -> pending.remove(first.id());
            case TrafficEvent.Finished finished -> pending.remove(finished.id());
            case TrafficEvent.Window window -> {}
            case TrafficEvent.KvPages pages -> {}
            case TrafficEvent.Experts experts -> {}
        }
        while (pending.size() > most) {
            pending.pollFirstEntry();
        }
    }

    /** What the next digests hold: seconds, windows and tables. Drain at some hundreds. */
    public int open() {
        return open;
    }

    private static void advance(Part part, TrafficEvent event) {
        if (event.time().isAfter(part.newest)) {
            part.newest = event.time();
        }
    }

    private static long second(TrafficEvent event) {
        return event.time().getEpochSecond();
    }

    private Cell cell(Part part, long second) {
        Cell last = part.last;
        if (last != null && last.second == second) {
            return last;
        }
        Cell cell = part.cells.get(second);
        if (cell == null) {
            cell = new Cell(second);
            part.cells.put(second, cell);
            open++;
        }
        part.last = cell;
        return cell;
    }

    private boolean take(Part part, TrafficEvent event, Slo slo) {
        switch (event) {
            case TrafficEvent.Received received -> {
                Cell cell = cell(part, second(event));
                cell.received++;
                cell.promptTokens += received.promptTokens();
                wait(part, cell, received);
            }
            case TrafficEvent.FirstToken first -> {
                served(first.id());
                cell(part, second(event)).ttft.add(Latencies.micros(first.ttftMs()));
            }
            case TrafficEvent.Finished finished -> finish(part, finished, slo);
            case TrafficEvent.Window window -> {
                open++;
                part.windows.add(told(window));
            }
            case TrafficEvent.Experts experts -> {
                return add(part, experts);
            }
            case TrafficEvent.KvPages pages -> {
                return false;
            }
        }
        return true;
    }

    private void wait(Part part, Cell cell, TrafficEvent.Received received) {
        cell.waiting++;
        pending.put(received.id(), new Pending(received.deployment(), cell.second));
        if (pending.size() > most) {
            Map.Entry<String, Pending> eldest = pending.pollFirstEntry();
            noLongerWaiting(eldest.getValue());
        }
    }

    private boolean served(String id) {
        Pending since = pending.remove(id);
        if (since != null) {
            noLongerWaiting(since);
        }
        return since != null;
    }

    private void noLongerWaiting(Pending since) {
        cell(parts.computeIfAbsent(since.deployment(), key -> new Part()), since.second()).waiting--;
    }

    private void finish(Part part, TrafficEvent.Finished event, Slo slo) {
        boolean firstTokenUnseen = served(event.id());
        Cell cell = cell(part, second(event));
        Double ttft = event.ttftMs();
        Double tpot = event.tpotMs();
        if (firstTokenUnseen && ttft != null) {
            cell.ttft.add(Latencies.micros(ttft));
        }
        if (tpot != null) {
            cell.tpot.add(Latencies.micros(tpot));
        }
        switch (event.outcome()) {
            case COMPLETED -> {
                cell.completed++;
                cell.generatedTokens += event.tokens();
                if (slo.met(ttft, tpot)) {
                    cell.met++;
                } else {
                    cell.missed++;
                }
            }
            case FAILED -> {
                cell.failed++;
                cell.missed++;
            }
            case CANCELLED -> cell.cancelled++;
        }
    }

    private boolean add(Part part, TrafficEvent.Experts event) {
        if (!usable(event)) {
            return false;
        }
        LoadDigest.Experts sum = part.experts;
        long millis = event.time().toEpochMilli();
        if (sum == null) {
            part.experts = new LoadDigest.Experts(millis, event.seconds(), event.tokens(), event.pairs());
            open++;
            return true;
        }
        long[][] table = sum.tokens();
        if (table.length != event.tokens().length || table[0].length != event.tokens()[0].length) {
            return false;
        }
        add(table, event.tokens());
        long @Nullable [][][] pairs = sum.pairs();
        long @Nullable [][][] more = event.pairs();
        if (pairs != null && more != null) {
            for (int layer = 0; layer < pairs.length; layer++) {
                add(pairs[layer], more[layer]);
            }
        }
        part.experts = new LoadDigest.Experts(
                Math.max(millis, sum.millis()),
                Math.max(event.seconds(), sum.seconds()),
                table,
                pairs == null ? more : pairs);
        return true;
    }

    private static boolean usable(TrafficEvent.Experts event) {
        long[][] tokens = event.tokens();
        if (!ExpertLoad.regular(tokens, MOST_CELLS) || largest(tokens) > MOST_TOKENS) {
            return false;
        }
        long @Nullable [][][] pairs = event.pairs();
        return pairs == null
                || (CoActivation.wellFormed(pairs, tokens.length, tokens[0].length, MOST_CELLS)
                        && Arrays.stream(pairs).noneMatch(layer -> largest(layer) > MOST_TOKENS));
    }

    private static void add(long[][] sum, long[][] more) {
        for (int row = 0; row < sum.length; row++) {
            for (int column = 0; column < sum[row].length; column++) {
                sum[row][column] += more[row][column];
            }
        }
    }

    private static long largest(long[][] table) {
        long largest = 0;
        for (long[] layer : table) {
            for (long count : layer) {
                largest = Math.max(largest, count);
            }
        }
        return largest;
    }

    private static LoadDigest.Window told(TrafficEvent.Window window) {
        return new LoadDigest.Window(
                window.source(),
                window.time().toEpochMilli(),
                window.seconds(),
                window.received(),
                window.completed(),
                window.failed(),
                window.inFlight(),
                window.queued(),
                window.promptTokens(),
                window.generatedTokens());
    }

    /** What was counted since the last call, and forgets it; deployments without events for minutes are forgotten whole. */
    public List<LoadDigest> drain(Instant now) {
        List<LoadDigest> digests = new ArrayList<>();
        Instant since = now.minus(FORGET_AFTER);
        Iterator<Map.Entry<String, Part>> all = parts.entrySet().iterator();
        while (all.hasNext()) {
            Map.Entry<String, Part> entry = all.next();
            Part part = entry.getValue();
            if (part.dirty()) {
                digests.add(new LoadDigest(
                        entry.getKey(),
                        part.cells.values().stream().map(Cell::told).toList(),
                        List.copyOf(part.windows),
                        part.experts,
                        part.accepted,
                        part.duplicates,
                        part.late,
                        part.malformed));
                Part fresh = new Part();
                fresh.newest = part.newest;
                entry.setValue(fresh);
            } else if (part.newest.isBefore(since)) {
                all.remove();
            }
        }
        open = 0;
        return digests;
    }
}
