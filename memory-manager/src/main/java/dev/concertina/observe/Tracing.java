package dev.concertina.observe;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Traces of one process: OpenTelemetry's SDK with its standard {@code OTEL_*} settings and export by OTLP over HTTP. Off, at no cost, unless an
 * exporter is configured. Trace context travels in the header {@code traceparent} (W3C). Safe for any number of threads.
 */
public final class Tracing implements AutoCloseable {
    /** Header of trace context. */
    public static final String TRACEPARENT = "traceparent";

    private static final long FLUSH_SECONDS = 3;
    private static final List<String> EXPORTERS =
            List.of("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER");
    private static final TextMapGetter<UnaryOperator<@Nullable String>> HEADERS = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(UnaryOperator<@Nullable String> headers) {
            return List.of(TRACEPARENT);
        }

        @Override
        public @Nullable String get(@Nullable UnaryOperator<@Nullable String> headers, String name) {
            return headers == null ? null : headers.apply(name);
        }
    };

    private final @Nullable OpenTelemetrySdk sdk;
    private final Tracer tracer;

    private Tracing(@Nullable OpenTelemetrySdk sdk) {
        this.sdk = sdk;
        this.tracer = (sdk == null ? OpenTelemetry.noop() : sdk).getTracer("dev.concertina");
    }

    /** Records nothing; the context of callers is passed on all the same. */
    public static Tracing off() {
        return new Tracing(null);
    }

    /**
     * As the environment says.
     *
     * @param service name of the process in traces, unless {@code OTEL_SERVICE_NAME} is set
     * @throws IllegalArgumentException in one sentence when a setting is wrong
     */
    public static Tracing of(Map<String, String> environment, String service) {
        boolean wanted = EXPORTERS.stream()
                .anyMatch(name -> environment.containsKey(name)
                        && !environment.getOrDefault(name, "").isBlank());
        if (!wanted
                || "none".equals(environment.get("OTEL_TRACES_EXPORTER"))
                || "true".equalsIgnoreCase(environment.get("OTEL_SDK_DISABLED"))) {
            return off();
        }
        Map<String, String> settings = new HashMap<>(Map.of(
                "otel.service.name", service,
                "otel.metrics.exporter", "none",
                "otel.logs.exporter", "none",
                "otel.exporter.otlp.protocol", "http/protobuf"));
        environment.forEach((name, value) -> {
            if (name.startsWith("OTEL_")) {
                settings.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value);
            }
        });
        try {
            return new Tracing(AutoConfiguredOpenTelemetrySdk.builder()
                    .disableShutdownHook()
                    .addPropertiesCustomizer(ignored -> settings)
                    .addTracerProviderCustomizer((provider, config) -> provider.setIdGenerator(new GivenIds()))
                    .build()
                    .getOpenTelemetrySdk());
        } catch (ConfigurationException e) {
            throw new IllegalArgumentException(
                    "traces cannot be exported: " + e.getMessage() + "; correct the OTEL_* settings", e);
        }
    }

    /** Whether spans are recorded and exported. */
    public boolean on() {
        return sdk != null;
    }

    public Tracer tracer() {
        return tracer;
    }

    /** The caller's context, the root when its headers have none. */
    public static Context from(UnaryOperator<@Nullable String> headers) {
        return W3CTraceContextPropagator.getInstance().extract(Context.root(), headers, HEADERS);
    }

    /** What to send as {@link #TRACEPARENT} to whom is called from here; null: nothing. */
    public static @Nullable String header(Context context) {
        SpanContext span = Span.fromContext(context).getSpanContext();
        return span.isValid()
                ? "00-" + span.getTraceId() + "-" + span.getSpanId() + "-"
                        + span.getTraceFlags().asHex()
                : null;
    }

    /** Exports what has ended by now. */
    public void flush() {
        if (sdk != null) {
            sdk.getSdkTracerProvider().forceFlush().join(FLUSH_SECONDS, TimeUnit.SECONDS);
        }
    }

    @Override
    public void close() {
        if (sdk != null) {
            sdk.shutdown().join(FLUSH_SECONDS, TimeUnit.SECONDS);
        }
    }
}
