package dev.concertina.operator.app;

import dev.concertina.operator.settings.Settings;
import java.time.Duration;
import java.util.Optional;

/** Settings for tests: short deadlines, no Kafka unless one is named. */
public record TestSettings(Duration phaseDeadline, Optional<String> kafka) implements Settings {
    public TestSettings() {
        this(Duration.ofSeconds(20), Optional.empty());
    }

    @Override
    public Optional<String> tokenFile() {
        return Optional.empty();
    }

    @Override
    public Optional<String> kafkaConfig() {
        return Optional.empty();
    }

    @Override
    public Optional<String> kafkaSecret() {
        return Optional.of("kafka-client");
    }

    @Override
    public String kafkaGroup() {
        return "concertina";
    }

    @Override
    public String topic() {
        return "concertina.traffic";
    }

    @Override
    public String eventsTopic() {
        return "concertina.events";
    }

    @Override
    public String workerImage() {
        return "worker";
    }

    @Override
    public String tokenSecret() {
        return "token";
    }

    @Override
    public String agentClaim() {
        return "agent";
    }

    @Override
    public Optional<String> pod() {
        return Optional.of("operator-0");
    }

    @Override
    public Optional<String> namespace() {
        return Optional.of("concertina-system");
    }

    @Override
    public Duration leaseDuration() {
        return Duration.ofSeconds(8);
    }

    @Override
    public Duration silentDeadline() {
        return Duration.ofSeconds(2);
    }

    @Override
    public Duration provisioningDeadline() {
        return Duration.ofSeconds(20);
    }
}
