package dev.concertina.scheduler.simulation;

import java.util.ArrayDeque;

/**
 * What a HorizontalPodAutoscaler does with a metric per replica, with its defaults (Kubernetes documentation, "Horizontal Pod Autoscaling"):
 * every 15 s, wanted = metric / target rounded up, no change within 10 %, at most doubled or four more at once, and the most that was wanted in
 * the last 300 s on the way down. As HPA the metric is the concurrency, as KEDA the requests that wait, looked at every 30 s.
 */
public final class HorizontalAutoscaler implements ScalingPolicy {
    private static final double DOWN_WINDOW_SECONDS = 300;
    private static final double TOLERANCE = 0.1;

    private final Metric metric;
    private final double target;
    private final ArrayDeque<Wanted> wanted = new ArrayDeque<>();

    /** What is held against the target. */
    public enum Metric {
        CONCURRENCY("HPA on concurrency", 15),
        QUEUE("KEDA on queue", 30);

        private final String title;
        private final double intervalSeconds;

        Metric(String title, double intervalSeconds) {
            this.title = title;
            this.intervalSeconds = intervalSeconds;
        }
    }

    private record Wanted(double at, int width) {}

    /** @param target of the metric per rank, above 0 */
    public HorizontalAutoscaler(Metric metric, double target) {
        if (!(target > 0)) {
            throw new IllegalArgumentException("the target per rank must be above 0, not " + target);
        }
        this.metric = metric;
        this.target = target;
    }

    @Override
    public String name() {
        return metric.title + ", " + (target == Math.rint(target) ? String.valueOf((long) target) : target + "")
                + " per rank";
    }

    @Override
    public double intervalSeconds() {
        return metric.intervalSeconds;
    }

    @Override
    public int decide(View view) {
        double value = metric == Metric.CONCURRENCY ? view.meanInFlight() : view.waiting();
        int now = view.wanted();
        double ratio = value / (target * now);
        int desired = Math.abs(ratio - 1) <= TOLERANCE ? now : (int) Math.ceil(value / target);
        desired = Math.min(desired, Math.max(2 * now, now + 4));
        wanted.add(new Wanted(view.seconds(), desired));
        while (wanted.element().at < view.seconds() - DOWN_WINDOW_SECONDS) {
            wanted.remove();
        }
        if (desired >= now) {
            return desired;
        }
        int most = desired;
        for (Wanted earlier : wanted) {
            most = Math.max(most, earlier.width);
        }
        return Math.min(now, most);
    }
}
