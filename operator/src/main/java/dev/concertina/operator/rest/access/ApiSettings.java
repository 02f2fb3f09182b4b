package dev.concertina.operator.rest.access;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Settings of the admin API, from environment variables named {@code CONCERTINA_API_...}. */
@ConfigMapping(prefix = "concertina.api")
public interface ApiSettings {
    /** Calls per second that one token may make for long; twice as many at once. */
    @WithDefault("20")
    double requestsPerSecond();
}
