package dev.concertina.gateway;

import dev.concertina.gateway.events.EventPublisher;
import dev.concertina.gateway.events.KafkaProducers;
import dev.concertina.observe.Tracing;
import dev.concertina.wire.KafkaClient;
import dev.concertina.wire.Lifetime;
import dev.concertina.wire.Logs;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The gateway process. Settings come from the environment, {@code docs/protocols.md}. */
public final class GatewayMain {
    private static final int BAD_SETTINGS = 2;
    private static final int EVENT_BUFFER = 10_000;
    private static final Duration KAFKA_RETRY = Duration.ofSeconds(2);

    private GatewayMain() {}

    public static void main(String[] arguments) {
        Lifetime.endWithParent();
        Logs.toStandardOutput("org.apache.kafka");
        try {
            start(Settings.from(System.getenv()), Token.fromEnvironment());
        } catch (IllegalArgumentException | IOException e) {
            System.err.println("gateway: " + e.getMessage());
            System.exit(BAD_SETTINGS);
        }
    }

    private static void start(Settings settings, Token token) throws IOException {
        Tracing tracing = Tracing.of(System.getenv(), "concertina-gateway");
        Gateway gateway = new Gateway(settings, token, events(settings), Clock.systemUTC(), tracing);
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(() -> {
                    stop(gateway, settings.ending());
                    tracing.close();
                }));
        System.out.println("event=started gateway=" + settings.name() + " http="
                + settings.http().getHostString() + ":" + gateway.httpPort() + " control="
                + settings.control().getHostString() + ":" + gateway.controlPort() + " kafka=" + settings.kafka());
    }

    private static @Nullable EventPublisher events(Settings settings) {
        KafkaClient kafka = settings.kafka();
        if (kafka == null) {
            System.out.println("CONCERTINA_KAFKA is not set: this gateway serves without publishing traffic events, "
                    + "so nothing will scale by its load.");
            return null;
        }
        return new EventPublisher(
                settings.topic(),
                settings.name(),
                Clock.systemUTC(),
                () -> KafkaProducers.connect(kafka, settings.name()),
                KAFKA_RETRY,
                EVENT_BUFFER);
    }

    private static void stop(Gateway gateway, Settings.Ending ending) {
        System.out.println("event=stopping");
        try {
            gateway.drain(ending);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        gateway.close();
        System.out.println("event=stopped");
    }
}
