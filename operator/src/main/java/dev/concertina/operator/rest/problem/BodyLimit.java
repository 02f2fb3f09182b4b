package dev.concertina.operator.rest.problem;

import io.quarkus.runtime.configuration.MemorySize;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Refuses a body that says it is too large before any of it is read, in this API's words. */
@ApplicationScoped
public class BodyLimit {
    private static final int FIRST = Integer.MIN_VALUE;
    private final long mostBytes;

    BodyLimit(@ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize most) {
        this.mostBytes = most.asLongValue();
    }

    void routes(@Observes Router router) {
        router.route("/api/*").order(FIRST).handler(this::check);
    }

    private void check(RoutingContext call) {
        String length = call.request().getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length == null || length.length() < 18 && Long.parseLong(length) <= mostBytes) {
            call.next();
            return;
        }
        Problem problem = Problem.of(413, "the body has " + length + " bytes; at most " + mostBytes + " are read");
        call.response()
                .setStatusCode(problem.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
                .end(JsonObject.of(
                                "type", problem.type(),
                                "title", problem.title(),
                                "status", problem.status(),
                                "detail", problem.detail())
                        .encode());
    }
}
