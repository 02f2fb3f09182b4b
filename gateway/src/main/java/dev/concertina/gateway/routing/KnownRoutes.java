package dev.concertina.gateway.routing;

import dev.concertina.wire.Gateways;
import java.util.List;

/**
 * What a gateway has been told.
 *
 * @param term highest Lease term of any command
 * @param routes of every deployment
 */
public record KnownRoutes(long term, List<Gateways.Routes> routes) {
    public KnownRoutes {
        routes = List.copyOf(routes);
    }
}
