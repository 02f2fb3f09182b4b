package dev.concertina.operator.app;

import dev.concertina.observe.Metric;
import dev.concertina.observe.Metrics;
import dev.concertina.wire.Token;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** {@code GET /metrics}, for whoever has the control token. A standby shows that it is one. */
@ApplicationScoped
public class MetricsRoute {
    private final OperatorApplication application;
    private final Metrics standby = new Metrics();

    MetricsRoute(OperatorApplication application) {
        this.application = application;
        standby.beforeScrape(() -> {
            standby.set(Metric.OPERATOR_LEADER, 0);
            standby.set(Metric.OPERATOR_LEASE_TERM, 0);
            standby.set(Metric.OPERATOR_READY, application.leader().isPresent() ? 1 : 0);
        });
    }

    void route(@Observes Router router) {
        router.get("/metrics").blockingHandler(this::answer, false);
    }

    private void answer(RoutingContext context) {
        if (!Token.fromEnvironment().matches(context.request().getHeader("Authorization"))) {
            context.response().setStatusCode(401).end("the control token is missing or wrong\n");
            return;
        }
        String accept = context.request().getHeader("Accept");
        Metrics metrics = application.control().map(Control::metrics).orElse(standby);
        context.response()
                .putHeader("Content-Type", Metrics.contentType(accept))
                .end(metrics.text(accept));
    }
}
