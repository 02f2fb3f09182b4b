package dev.concertina.e2e.session;

import dev.concertina.crds.ScaleOperation;
import dev.concertina.e2e.load.LoadGenerator;
import dev.concertina.e2e.load.RequestRecord;
import dev.concertina.e2e.report.Quantiles;
import dev.concertina.e2e.report.Sample;
import java.util.List;

/** Turns what is known now into one sample a second. Used by one thread. */
final class Sampler {
    private static final double RECENT_S = 5;

    private final LoadGenerator load;
    private final ClusterObserver observer;
    private final double ttftLimitMs;
    private final double tpotLimitMs;
    private double lastAt;
    private int lastSent;
    private long lastTokens;

    Sampler(LoadGenerator load, ClusterObserver observer, double ttftLimitMs, double tpotLimitMs) {
        this.load = load;
        this.observer = observer;
        this.ttftLimitMs = ttftLimitMs;
        this.tpotLimitMs = tpotLimitMs;
    }

    Sample take() {
        double now = load.elapsed().toNanos() / 1e9;
        int sent = load.sent();
        long tokens = load.tokens();
        double passed = Math.max(1e-3, now - lastAt);
        List<RequestRecord> recent = load.records().stream()
                .filter(r -> r.endNanos() / 1e9 >= now - RECENT_S)
                .toList();
        long met =
                recent.stream().filter(r -> r.meets(ttftLimitMs, tpotLimitMs)).count();
        ScaleOperation active = observer.active();
        Sample sample = new Sample(
                now,
                (sent - lastSent) / passed,
                (tokens - lastTokens) / passed,
                load.inFlight(),
                Quantiles.of(recent.stream().mapToDouble(RequestRecord::ttftMs), 0.5),
                Quantiles.of(recent.stream().mapToDouble(RequestRecord::ttftMs), 0.99),
                Quantiles.of(recent.stream().mapToDouble(RequestRecord::tpotMs), 0.5),
                recent.isEmpty() ? Double.NaN : (double) met / recent.size(),
                observer.desired(),
                observer.allocated(),
                observer.effective(),
                active == null ? null : String.valueOf(ClusterObserver.phase(active)));
        lastAt = now;
        lastSent = sent;
        lastTokens = tokens;
        return sample;
    }
}
