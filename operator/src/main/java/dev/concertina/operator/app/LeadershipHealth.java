package dev.concertina.operator.app;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready when a decision could be taken: this operator leads, the API server answers its informers, agents and gateways are known, and Kafka
 * answers; or when another leads and this one would take over.
 */
@Readiness
@ApplicationScoped
public class LeadershipHealth implements HealthCheck {
    private final OperatorApplication application;

    LeadershipHealth(OperatorApplication application) {
        this.application = application;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder response = HealthCheckResponse.named("operator");
        return application
                .control()
                .map(control -> response.status(control.ready())
                        .withData("term", control.term())
                        .withData("reason", control.notReady().orElse("a decision could be taken"))
                        .withData("traffic", control.trafficProblem().orElse("reading"))
                        .build())
                .orElseGet(() -> response.status(application.leader().isPresent())
                        .withData("leader", application.leader().orElse("nobody"))
                        .withData("waiting", "for the lease or the API server")
                        .build());
    }
}
