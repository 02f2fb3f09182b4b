package dev.concertina.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.crds.MoEDeploymentSpec.Mode;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.operator.decision.Decisions;
import dev.concertina.scheduler.load.TrafficEvent;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One rank and far more traffic than it takes: what each mode does about it. */
class ModesTest extends OperatorHarness {
    private int window;

    private void mode(Mode mode) {
        change(deployment -> new MoEDeploymentSpec(
                deployment.getSpec().model(),
                null,
                null,
                deployment.getSpec().width(),
                new MoEDeploymentSpec.Scaling(mode, 1, 4, null, "0s", null, "100ms", null, null, null),
                null,
                null,
                new MoEDeploymentSpec.Accelerator(null, "1Mi", null),
                null,
                null));
    }

    /** A window of a second with 500 requests, 400 of which wait. */
    private void traffic() {
        control.loads()
                .accept(new TrafficEvent.Window(
                        "gateway-" + window++ % 2, KEY, Instant.now(), 1, 500, 100, 0, 400, 400, 5_000, 10_000));
    }

    private MoEDeployment deployment() {
        return client.resources(MoEDeployment.class)
                .inNamespace(NAMESPACE)
                .withName(NAME)
                .get();
    }

    private List<Decisions.Made> decisions() {
        return control.decisions().list(KEY);
    }

    @Test
    void advisoryDecidesAndExplainsAndDoesNothing() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        mode(Mode.Advisory);
        await().atMost(LIMIT).untilAsserted(() -> {
            traffic();
            assertThat(decisions()).anyMatch(made -> made.decision().width() > 1);
            MoEDeploymentStatus.Decision shown = deployment().getStatus().lastDecision();
            assertThat(shown).isNotNull();
            assertThat(shown.width()).isGreaterThan(1);
            assertThat(shown.forecast()).isNotNull();
            assertThat(shown.forecast().high())
                    .isGreaterThanOrEqualTo(shown.forecast().expected());
            assertThat(shown.candidates())
                    .hasSize(4)
                    .allMatch(candidate -> candidate.cost() == candidate.width())
                    .anyMatch(candidate -> candidate.verdict().startsWith("too small"));
            assertThat(shown.reasons()).isNotEmpty();
        });
        assertThat(decisions()).noneMatch(Decisions.Made::applied);
        assertThat(deployment().getSpec().width()).isEqualTo(1);
        assertThat(operations()).hasSize(1);
    }

    @Test
    void autoWritesTheSameIntoTheWidth() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        mode(Mode.Auto);
        await().atMost(LIMIT).untilAsserted(() -> {
            traffic();
            assertThat(deployment().getSpec().width()).isGreaterThan(1);
        });
        await().atMost(LIMIT).untilAsserted(() -> assertThat(decisions()).anyMatch(Decisions.Made::applied));
        await().atMost(LIMIT).untilAsserted(() -> {
            traffic();
            assertThat(deployment().getStatus().effectiveWidth()).isGreaterThan(1);
        });
    }
}
