package dev.concertina.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.crds.ExpertPlacement;
import dev.concertina.crds.ExpertPlacementSpec;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.crds.MoEDeploymentSpec.Mode;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.operator.doubles.FakeAgent;
import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.placement.PlacementTable;
import dev.concertina.operator.placement.Placements;
import dev.concertina.scheduler.load.TrafficEvent;
import dev.concertina.scheduler.placement.Placement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What users wish for while something else is going on: other widths, a pause, a pinned placement, more than there is. */
class WishesTest extends OperatorHarness {
    private void slowly() {
        fleet.agents().forEach(agent -> agent.stageMillis(600));
    }

    private void awaitPhase(Phase phase) {
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(10)).until(() -> lastPhase() == phase);
    }

    private void change(int width, @Nullable Boolean paused, MoEDeploymentSpec.@Nullable Placement placement) {
        change(deployment -> new MoEDeploymentSpec(
                deployment.getSpec().model(),
                null,
                null,
                width,
                new MoEDeploymentSpec.Scaling(null, 1, 8, null, null, null, null, null, null, null),
                null,
                placement,
                new MoEDeploymentSpec.Accelerator(null, "1Mi", null),
                null,
                paused));
    }

    @Test
    void aWidthWantedMeanwhileWaitsForItsTurnAndOnlyTheLastOneCounts() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        slowly();
        scale(4);
        awaitPhase(Phase.Staging);
        scale(3);
        scale(2);
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(condition("Scaling").getMessage()).contains("then to 2"));
        awaitWidth(2);
        assertThat(operations())
                .extracting(operation -> operation.getSpec().toWidth())
                .containsExactly(1, 4, 2);
        assertThat(operations()).allMatch(operation -> operation.getStatus().phase() == Phase.Succeeded);
        assertMemoryMatches(2);
    }

    @Test
    void aPauseLetsAnOperationEndAndStartsNone() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        slowly();
        scale(2);
        awaitPhase(Phase.Staging);
        change(4, true, null);
        awaitWidth(2);
        fleet.crash(1);
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(condition("Scaling").getReason()).isEqualTo("Paused");
            assertThat(condition("Degraded").getReason()).isEqualTo("RanksLost");
        });
        assertThat(operations()).hasSize(2);
        change(4, false, null);
        awaitWidth(4);
        assertMemoryMatches(4);
    }

    @Test
    void tooFewAcceleratorsAreCountedAndItGoesOnWhenTheyCome() throws Exception {
        apply("file:///models/shakespeare-moe", 4);
        awaitWidth(4);
        change(6, null, null);
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(condition("Scaling").getReason()).isEqualTo("InsufficientAccelerators");
            assertThat(condition("Scaling").getMessage()).contains("needs 2 more free accelerator(s)");
            assertThat(condition("Degraded").getStatus()).isEqualTo("True");
        });
        assertThat(operations()).hasSize(1);
        assertThat(client.pods().inNamespace(NAMESPACE).list().getItems()).hasSize(4);
        assertThat(fleet.gateway().ranks(KEY)).hasSize(4);
        fleet.add("node-c", 1);
        await().atMost(LIMIT)
                .untilAsserted(() ->
                        assertThat(condition("Scaling").getMessage()).contains("needs 1 more free accelerator(s)"));
        fleet.add("node-d", 1);
        awaitWidth(6);
        assertThat(operations()).hasSize(2);
        assertMemoryMatches(6);
        assertThat(condition("Degraded").getStatus()).isEqualTo("False");
    }

    @Test
    void aPinnedPlacementIsUsedAsItIs() {
        int[][][] holders = new int[FakeAgent.LAYERS][FakeAgent.EXPERTS][];
        for (int[][] layer : holders) {
            for (int expert = 0; expert < layer.length; expert++) {
                layer[expert] = expert == 0 ? new int[] {0, 1} : new int[] {expert < 7 ? 1 : 0};
            }
        }
        Placement byHand = new Placement(2, holders);
        ExpertPlacement object = new ExpertPlacement();
        object.getMetadata().setName("by-hand");
        object.getMetadata().setNamespace(NAMESPACE);
        object.setSpec(new ExpertPlacementSpec(NAME, 1, 2, PlacementTable.encode(byHand)));
        client.resource(object).create();
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        change(2, null, new MoEDeploymentSpec.Placement(null, null, "by-hand"));
        awaitWidth(2);
        assertThat(new Placements(client).applied(NAMESPACE, NAME).orElseThrow().placement())
                .isEqualTo(byHand);
        assertMemoryMatches(2);
        change(3, null, new MoEDeploymentSpec.Placement(null, null, "by-hand"));
        awaitRolledBack();
        assertThat(last().error()).contains("does not fit width 3");
    }

    @Test
    void ofTwoWithOneModelNameTheOlderServes() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        MoEDeployment second = new MoEDeployment();
        second.getMetadata().setName("usurper");
        second.getMetadata().setNamespace(NAMESPACE);
        second.setSpec(new MoEDeploymentSpec(
                new MoEDeploymentSpec.Model("file:///models/shakespeare-moe", NAME),
                null,
                null,
                1,
                null,
                null,
                null,
                new MoEDeploymentSpec.Accelerator(null, "1Mi", null),
                null,
                null));
        client.resource(second).create();
        await().atMost(LIMIT).untilAsserted(() -> {
            MoEDeployment now = client.resource(second).get();
            assertThat(now.getStatus()).isNotNull();
            assertThat(now.getStatus().conditions()).anySatisfy(condition -> {
                assertThat(condition.getType()).isEqualTo("Accepted");
                assertThat(condition.getReason()).isEqualTo("ModelNameTaken");
                assertThat(condition.getMessage()).contains(KEY);
            });
        });
        client.resource(get()).delete();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(fleet.gateway().ranks(NAMESPACE + "/usurper"))
                        .hasSize(1));
    }

    @Test
    void anOperationDeletedByHandIsForgottenAndTheWidthReachedAllTheSame() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        slowly();
        scale(3);
        awaitPhase(Phase.Staging);
        ScaleOperation running = operations().getLast();
        client.resource(running).delete();
        await().atMost(LIMIT).untilAsserted(() -> {
            List<ScaleOperation> now = operations();
            assertThat(now).noneMatch(Operations::active);
            assertThat(now.getLast().getSpec().toWidth()).isEqualTo(3);
            assertThat(now.getLast().getStatus().phase()).isEqualTo(Phase.Succeeded);
        });
        awaitWidth(3);
        assertMemoryMatches(3);
    }

    @Test
    void adviceIsGivenAndNothingDone() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        change(deployment -> new MoEDeploymentSpec(
                deployment.getSpec().model(),
                new MoEDeploymentSpec.Engine(null, null, null, Map.of("CONCERTINA_PACE", "step=8ms,token=800us")),
                null,
                1,
                new MoEDeploymentSpec.Scaling(Mode.Advisory, 1, 4, null, "100ms", "100ms", "100ms", null, null, null),
                null,
                null,
                new MoEDeploymentSpec.Accelerator(null, "1Mi", null),
                null,
                null));
        await().atMost(LIMIT).untilAsserted(() -> {
            Instant now = Instant.now();
            control.loads().accept(new TrafficEvent.Window("gateway-0", KEY, now, 1, 200, 10, 0, 64, 500, 4000, 500));
            assertThat(get().getStatus().lastDecision()).isNotNull();
            assertThat(get().getStatus().lastDecision().width()).isGreaterThan(1);
        });
        assertThat(get().getStatus().lastDecision().reasons()).isNotEmpty();
        assertThat(get().getSpec().width()).isEqualTo(1);
        assertThat(operations()).hasSize(1);
        assertThat(condition("Scaling").getReason()).isEqualTo("AtWidth");
    }
}
