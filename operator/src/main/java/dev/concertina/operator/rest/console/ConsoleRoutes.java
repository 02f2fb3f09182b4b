package dev.concertina.operator.rest.console;

import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** Sends who asks for nothing in particular to the console. */
@ApplicationScoped
public class ConsoleRoutes {
    private static final String CONSOLE = "/console/";

    void register(@Observes Router router) {
        router.get("/").handler(ConsoleRoutes::redirect);
        // as a path it would match "/console/" too
        router.getWithRegex("/console").handler(ConsoleRoutes::redirect);
    }

    private static void redirect(RoutingContext call) {
        call.response()
                .setStatusCode(302)
                .putHeader(HttpHeaders.LOCATION, CONSOLE)
                .end();
    }
}
