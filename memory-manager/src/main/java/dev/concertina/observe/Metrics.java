package dev.concertina.observe;

import com.sun.net.httpserver.HttpExchange;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A process's metrics, by Micrometer, as Prometheus text. Label values are given in the order of {@link Metric#labels}. Besides the product's own
 * there are Micrometer's {@code jvm_}, {@code process_} and {@code system_} metrics. Safe for any number of threads.
 */
public final class Metrics {
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    /** Also what exemplars need; a scraper asks for it. */
    private static final String OPEN_METRICS = "application/openmetrics-text";

    /** 1 ms to 5 minutes: from a token to a long answer or operation. */
    private static final Duration[] BUCKETS = Stream.of(
                    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000)
            .map(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(
            PrometheusConfig.DEFAULT, new PrometheusRegistry(), Clock.SYSTEM, new CurrentSpan());
    private final Map<Key, Counter> counters = new ConcurrentHashMap<>();
    private final Map<Key, Timer> histograms = new ConcurrentHashMap<>();
    private final Map<Key, Value> values = new ConcurrentHashMap<>();
    private final List<Runnable> samplers = new CopyOnWriteArrayList<>();

    private record Key(Metric metric, List<String> labels) {}

    /** A value that is set, and the meter that shows it. */
    private static final class Value {
        private volatile double now;
        private volatile @Nullable Meter meter;
    }

    /** Of a new process. */
    public Metrics() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    /** Adds to a counter. */
    public void count(Metric metric, double amount, String... labels) {
        counters.computeIfAbsent(
                        key(metric, labels),
                        key -> Counter.builder(metric.metricName())
                                .description(metric.help())
                                .tags(tags(key))
                                .register(registry))
                .increment(amount);
    }

    /** Adds one duration to a histogram, with the current span as its exemplar. */
    public void observe(Metric metric, Duration took, String... labels) {
        histograms
                .computeIfAbsent(
                        key(metric, labels),
                        key -> Timer.builder(metric.metricName())
                                .description(metric.help())
                                .tags(tags(key))
                                .serviceLevelObjectives(BUCKETS)
                                .register(registry))
                .record(took);
    }

    /** Sets a gauge, or what a counter that is kept elsewhere has come to. */
    public void set(Metric metric, double value, String... labels) {
        values.computeIfAbsent(key(metric, labels), this::register).now = value;
    }

    /** Sets a metric's whole content: label values that are not there any more are shown no longer. */
    public void setAll(Metric metric, Map<List<String>, ? extends Number> rows) {
        rows.forEach((labels, value) -> set(metric, value.doubleValue(), labels.toArray(String[]::new)));
        Set<Key> gone = new HashSet<>(values.keySet());
        gone.removeIf(key -> key.metric() != metric || rows.containsKey(key.labels()));
        for (Key key : gone) {
            Value value = values.remove(key);
            Meter meter = value == null ? null : value.meter;
            if (meter != null) {
                registry.remove(meter);
            }
        }
    }

    /** Is called before each scrape, to set what is only known when asked; may block, must not throw. */
    public void beforeScrape(Runnable sampler) {
        samplers.add(sampler);
    }

    /** All of it; {@code accept} is the scraper's header and decides the format. */
    public String text(@Nullable String accept) {
        samplers.forEach(Runnable::run);
        return registry.scrape(contentType(accept));
    }

    /** Format of {@link #text}. */
    public static String contentType(@Nullable String accept) {
        return accept != null && accept.contains(OPEN_METRICS) ? OPEN_METRICS + "; version=1.0.0; charset=utf-8" : TEXT;
    }

    /** Answers {@code GET /metrics} of a {@link dev.concertina.wire.ControlServer}. */
    public void answer(HttpExchange exchange) throws IOException {
        String accept = exchange.getRequestHeaders().getFirst("Accept");
        byte[] text = text(accept).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", contentType(accept));
        exchange.sendResponseHeaders(200, text.length);
        OutputStream out = exchange.getResponseBody();
        out.write(text);
        out.flush(); // as ControlServer's own answers, so that a caller that has gone costs no descriptor
        out.close();
    }

    private Value register(Key key) {
        Value value = new Value();
        Metric metric = key.metric();
        value.meter = metric.kind() == Metric.Kind.COUNTER
                ? FunctionCounter.builder(metric.metricName(), value, held -> held.now)
                        .description(metric.help())
                        .tags(tags(key))
                        .register(registry)
                : Gauge.builder(metric.metricName(), value, held -> held.now)
                        .description(metric.help())
                        .tags(tags(key))
                        .register(registry);
        return value;
    }

    private static Key key(Metric metric, String... labels) {
        if (labels.length != metric.labels().size()) {
            throw new IllegalArgumentException(
                    metric.metricName() + " has the labels " + metric.labels() + ", not " + labels.length + " of them");
        }
        return new Key(metric, List.copyOf(Arrays.asList(labels)));
    }

    private static List<Tag> tags(Key key) {
        List<Tag> tags = new ArrayList<>();
        for (int i = 0; i < key.labels().size(); i++) {
            tags.add(Tag.of(key.metric().labels().get(i), key.labels().get(i)));
        }
        return tags;
    }
}
