package dev.concertina.scheduler.load;

import dev.concertina.scheduler.load.LoadSnapshot.Rate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The window events of all gateways, second by second. Rates are counts over the seconds that a gateway really reported, so a lost window
 * lowers no rate; a gateway that has gone silent takes its figures with it.
 */
final class Sources {
    /** More gateways than this are not one deployment's; bounds memory. */
    private static final int MOST_SOURCES = 256;

    private final LoadConfig config;
    private final int seconds;
    private final Map<String, Source> sources = new HashMap<>();
    private final History history = new History();

    Sources(LoadConfig config) {
        this.config = config;
        this.seconds = (int) Math.max(config.window().toSeconds(), 1) + 2;
    }

    private static final class Source {
        private final long[] second;
        private final double[] covered;
        private final long[] received;
        private final long[] completed;
        private final long[] prompt;
        private final long[] generated;
        private long firstSecond = Long.MAX_VALUE;
        private TrafficEvent.Window latest;

        private Source(int seconds, TrafficEvent.Window first) {
            second = new long[seconds];
            covered = new double[seconds];
            received = new long[seconds];
            completed = new long[seconds];
            prompt = new long[seconds];
            generated = new long[seconds];
            latest = first;
        }

        private void add(TrafficEvent.Window window) {
            long number = secondOf(window.time());
            int slot = (int) Math.floorMod(number, (long) second.length);
            if (second[slot] > number) {
                return;
            }
            if (second[slot] < number) {
                second[slot] = number;
                covered[slot] = 0;
                received[slot] = 0;
                completed[slot] = 0;
                prompt[slot] = 0;
                generated[slot] = 0;
            }
            covered[slot] += window.seconds();
            received[slot] += window.received();
            completed[slot] += window.completed();
            prompt[slot] += window.promptTokens();
            generated[slot] += window.generatedTokens();
            firstSecond = Math.min(firstSecond, number);
            if (!window.time().isBefore(latest.time())) {
                latest = window;
            }
        }
    }

    /** Number of the second that a window ending at {@code time} mostly lies in. */
    private static long secondOf(Instant time) {
        return Math.floorDiv(time.toEpochMilli() - 500, 1_000L);
    }

    /** False when there are too many sources to take another. */
    boolean add(TrafficEvent.Window window) {
        Source source = sources.get(window.source());
        if (source == null) {
            if (sources.size() >= MOST_SOURCES) {
                forgetSilent(window.time());
            }
            if (sources.size() >= MOST_SOURCES) {
                return false;
            }
            source = new Source(seconds, window);
            sources.put(window.source(), source);
        }
        source.add(window);
        return true;
    }

    private void forgetSilent(Instant time) {
        Instant since = time.minus(config.window());
        sources.values().removeIf(source -> source.latest.time().isBefore(since));
    }

    /**
     * Seconds that no event can change any more go into the history, of all gateways that reported then, whether or not they are there still.
     */
    private void close(Instant now) {
        long last = Math.floorDiv(now.toEpochMilli(), 1_000L) - config.window().toSeconds() - 1;
        long from = Math.max(history.closed() + 1, last - History.SECONDS);
        for (long number = sources.isEmpty() ? Long.MAX_VALUE : from; number <= last; number++) {
            Rate rate = rateOf(sources.values(), number);
            if (rate != null || history.closed() > 0) {
                history.close(number, rate);
            }
        }
    }

    View view(Instant now) {
        close(now);
        forgetSilent(now);
        List<Source> fresh = new ArrayList<>();
        for (Source source : sources.values()) {
            if (source.latest.time().isAfter(now.minus(config.staleAfter()))) {
                fresh.add(source);
            }
        }
        double[] rates = new double[4];
        int inFlight = 0;
        int queued = 0;
        for (Source source : fresh) {
            addRates(source, now, rates);
            inFlight += source.latest.inFlight();
            queued += source.latest.queued();
        }
        return new View(
                fresh.size(),
                rates[0],
                rates[1],
                rates[2],
                rates[3],
                inFlight,
                queued,
                series(fresh, now),
                history.bins());
    }

    private void addRates(Source source, Instant now, double[] rates) {
        long last = Math.floorDiv(now.toEpochMilli(), 1_000L);
        long first = last - Math.max(1, config.rateWindow().toSeconds());
        double covered = 0;
        double[] sums = new double[4];
        for (int i = 0; i < source.second.length; i++) {
            if (source.second[i] >= first && source.second[i] <= last && source.covered[i] > 0) {
                covered += source.covered[i];
                sums[0] += source.received[i];
                sums[1] += source.prompt[i];
                sums[2] += source.generated[i];
                sums[3] += source.completed[i];
            }
        }
        if (covered == 0) {
            TrafficEvent.Window latest = source.latest;
            covered = latest.seconds();
            sums[0] = latest.received();
            sums[1] = latest.promptTokens();
            sums[2] = latest.generatedTokens();
            sums[3] = latest.completed();
        }
        for (int i = 0; i < sums.length; i++) {
            rates[i] += sums[i] / covered;
        }
    }

    private List<Rate> series(List<Source> fresh, Instant now) {
        List<Rate> series = history.seconds();
        long last = Math.floorDiv(now.toEpochMilli(), 1_000L);
        for (long number = Math.max(history.closed() + 1, last - config.window().toSeconds());
                number <= last;
                number++) {
            Rate rate = rateOf(fresh, number);
            if (rate != null) {
                series.add(rate);
            }
        }
        return series;
    }

    /** Null unless every source that had begun by then reported that second. */
    private static @Nullable Rate rateOf(Collection<Source> fresh, long number) {
        double requests = 0;
        double prompt = 0;
        double generated = 0;
        int reported = 0;
        for (Source source : fresh) {
            int slot = (int) Math.floorMod(number, (long) source.second.length);
            if (source.second[slot] == number && source.covered[slot] > 0) {
                requests += source.received[slot] / source.covered[slot];
                prompt += source.prompt[slot] / source.covered[slot];
                generated += source.generated[slot] / source.covered[slot];
                reported++;
            } else if (source.firstSecond <= number) {
                return null;
            }
        }
        Instant end = Instant.EPOCH.plus(Duration.ofSeconds(number + 1));
        return reported == 0 ? null : new Rate(end, requests, prompt, generated);
    }

    record View(
            int sources,
            double requests,
            double promptTokens,
            double generatedTokens,
            double completed,
            int inFlight,
            int queued,
            List<Rate> series,
            List<Rate> longSeries) {}
}
