package dev.concertina.worker.migration;

import dev.concertina.wire.ControlServer;
import dev.concertina.worker.serving.Serving;
import java.util.Map;
import java.util.function.Supplier;

/** {@code POST /v1/migrations/reserve | adopt | abort}. */
public final class MigrationApi {
    private MigrationApi() {}

    /** Adds the routes; {@code serving} throws 409 while nothing is attached. */
    public static void route(ControlServer server, Supplier<Serving> serving, Reservations reservations) {
        server.on(
                "POST /v1/migrations/reserve",
                exchange -> reservations.reserve(serving.get(), server.body(exchange, Migrations.Reserve.class)));
        server.on("POST /v1/migrations/adopt", exchange -> {
            reservations.adopt(serving.get(), server.body(exchange, Migrations.Adopt.class));
            return Map.of();
        });
        server.on("POST /v1/migrations/abort", exchange -> {
            reservations.abort(serving.get(), server.body(exchange, Migrations.Abort.class));
            return Map.of();
        });
    }
}
