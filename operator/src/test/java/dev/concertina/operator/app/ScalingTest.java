package dev.concertina.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.crds.ScaleOperationStatus.PhaseRecord;
import dev.concertina.operator.doubles.FakeFleet;
import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.placement.Placements;
import dev.concertina.scheduler.placement.Placement;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Token;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole operator against the CRUD server and doubles of agents, workers and gateways. */
class ScalingTest {
    private static final String NAMESPACE = "default";
    private static final String NAME = "shakespeare";
    private static final String KEY = NAMESPACE + "/" + NAME;
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Logger QUIET = Logger.getLogger("io.fabric8.mockwebserver");

    private final Token token = new Token("a-token-of-sufficient-length");
    private KubernetesMockServer server;
    private KubernetesClient client;
    private FakeFleet fleet;
    private Control control;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        QUIET.setLevel(Level.WARNING);
        server = new KubernetesMockServer(
                new Context(), new MockWebServer(), new HashMap<>(), new KubernetesCrudDispatcher(), false);
        server.init();
        client = server.createClient();
        fleet = new FakeFleet(client, token);
        control = operator();
    }

    private Control operator() throws InterruptedException {
        return Control.start(client, token, new TestSettings(), Clock.systemUTC(), () -> {});
    }

    @AfterEach
    void stop() {
        control.close();
        fleet.close();
        client.close();
        server.destroy();
    }

    private MoEDeployment apply(String source, int width) {
        MoEDeployment deployment = new MoEDeployment();
        deployment.getMetadata().setName(NAME);
        deployment.getMetadata().setNamespace(NAMESPACE);
        deployment.setSpec(spec(source, width));
        return client.resource(deployment).create();
    }

    private static MoEDeploymentSpec spec(String source, int width) {
        return new MoEDeploymentSpec(
                new MoEDeploymentSpec.Model(source, null),
                null,
                null,
                width,
                new MoEDeploymentSpec.Scaling(MoEDeploymentSpec.Mode.Manual, 1, 4, null, null, null, null, null),
                null,
                null,
                new MoEDeploymentSpec.Accelerator(null, "1Mi", null),
                null,
                null);
    }

    private void scale(int width) {
        change(deployment -> spec(deployment.getSpec().model().source(), width));
    }

    /** As a user does: the operator may write in between, then again. */
    private void change(Function<MoEDeployment, MoEDeploymentSpec> next) {
        await().atMost(LIMIT)
                .ignoreExceptionsInstanceOf(KubernetesClientException.class)
                .until(() -> {
                    client.resources(MoEDeployment.class)
                            .inNamespace(NAMESPACE)
                            .withName(NAME)
                            .edit(deployment -> {
                                deployment.setSpec(next.apply(deployment));
                                return deployment;
                            });
                    return true;
                });
    }

    private MoEDeployment get() {
        return client.resources(MoEDeployment.class)
                .inNamespace(NAMESPACE)
                .withName(NAME)
                .get();
    }

    private List<ScaleOperation> operations() {
        return new Operations(client).list(NAMESPACE, NAME);
    }

    private void awaitWidth(int width) {
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(get().getStatus()).isNotNull();
            assertThat(get().getStatus().effectiveWidth()).isEqualTo(width);
            assertThat(operations()).noneMatch(Operations::active);
            assertThat(fleet.gateway().ranks(KEY)).hasSize(width);
        });
    }

    /** Status of the last operation; null before its first phase. */
    private ScaleOperationStatus last() {
        return operations().getLast().getStatus();
    }

    /** Phase of the last operation; null before its first. */
    private Phase lastPhase() {
        ScaleOperationStatus status = last();
        return status == null ? null : status.phase();
    }

    private void awaitRolledBack() {
        await().atMost(LIMIT).until(() -> lastPhase() == Phase.RolledBack);
    }

    private Condition condition(String type) {
        MoEDeploymentStatus status = get().getStatus();
        return status == null
                ? new Condition()
                : status.conditions().stream()
                        .filter(condition -> condition.getType().equals(type))
                        .findFirst()
                        .orElse(new Condition());
    }

    /** What is on the accelerators is what the placement says, no more and no less. */
    private void assertMemoryMatches(int width) {
        Placement placement =
                new Placements(client).applied(NAMESPACE, NAME).orElseThrow().placement();
        assertThat(placement.ranks()).isEqualTo(width);
        int bound = 0;
        for (var agent : fleet.agents()) {
            for (var member : agent.state().members()) {
                bound++;
                Set<ObjectId> wanted = new HashSet<>(Set.of(ObjectId.DENSE));
                for (int layer = 0; layer < placement.layers(); layer++) {
                    for (int expert = 0; expert < placement.experts(); expert++) {
                        if (placement.holds(member.rank(), layer, expert)) {
                            wanted.add(ObjectId.expert(layer, expert));
                        }
                    }
                }
                agent.holdsExactly(KEY, member.device(), wanted);
            }
        }
        assertThat(bound).isEqualTo(width);
    }

    @Test
    void widthGoesUpAndDownAndEveryPhaseIsOnRecord() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        assertThat(last().done().loaded()).isPositive();
        for (int width : List.of(2, 4, 2, 1)) {
            if (width < fleet.gateway().ranks(KEY).size()) {
                fleet.worker(width).sequences(3);
            }
            scale(width);
            awaitWidth(width);
            assertMemoryMatches(width);
            ScaleOperationStatus status = last();
            assertThat(status.phase()).isEqualTo(Phase.Succeeded);
            assertThat(status.done()).isEqualTo(status.planned());
            assertThat(status.phases())
                    .extracting(PhaseRecord::phase)
                    .containsExactly(
                            Phase.Planned,
                            Phase.Provisioning,
                            Phase.Staging,
                            Phase.Warming,
                            Phase.Committing,
                            Phase.Migrating,
                            Phase.Reclaiming,
                            Phase.Succeeded);
            assertThat(status.phases()).allMatch(phase -> phase.endedAt() != null);
            assertThat(status.requestsLost()).isZero();
        }
        assertThat(operations()).hasSize(5);
        assertThat(operations().get(3).getStatus().sequencesMoved()).isEqualTo(3);
        assertThat(condition("Accepted").getStatus()).isEqualTo("True");
        assertThat(condition("Available").getStatus()).isEqualTo("True");
        assertThat(get().getStatus().selector()).contains("concertina.dev/deployment=shakespeare");
        assertThat(client.pods().inNamespace(NAMESPACE).list().getItems()).hasSize(1);
    }

    @Test
    void aFailedStagingRollsBackAndServingGoesOn() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        fleet.agents().forEach(agent -> agent.failNextStage(true));
        scale(2);
        awaitRolledBack();
        assertThat(last().error()).contains("Staging").contains("checksum");
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(condition("Degraded").getReason()).isEqualTo("OperationFailed"));
        assertThat(fleet.gateway().ranks(KEY)).containsExactly(0);
        assertMemoryMatches(1);
        // after its back-off the next attempt works
        fleet.agents().forEach(agent -> agent.failNextStage(false));
        awaitWidth(2);
        assertMemoryMatches(2);
    }

    @Test
    void otherBitsInTheSelfTestRollBack() {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        fleet.corrupt(1);
        scale(2);
        awaitRolledBack();
        assertThat(last().error()).contains("self-test");
        assertMemoryMatches(1);
        assertThat(fleet.worker(0).epoch()).isEqualTo(1);
    }

    @Test
    void anOperatorKilledInAnyPhaseIsContinuedByTheNext() throws Exception {
        apply("file:///models/shakespeare-moe", 1);
        awaitWidth(1);
        fleet.agents().forEach(agent -> agent.stageMillis(800));
        scale(3);
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(10)).until(() -> lastPhase() == Phase.Staging);
        long term = control.term();
        control.abandon();
        assertThat(last().phase()).isEqualTo(Phase.Staging);
        control = operator();
        assertThat(control.term()).isGreaterThan(term);
        awaitWidth(3);
        assertMemoryMatches(3);
        assertThat(last().done()).isEqualTo(last().planned());

        CountDownLatch committing = new CountDownLatch(1);
        fleet.onCommit(rank -> {
            if (rank == 1 && committing.getCount() > 0) {
                committing.countDown();
                pause();
            }
        });
        scale(2);
        committing.await();
        control.abandon();
        control = operator();
        awaitWidth(2);
        assertMemoryMatches(2);
    }

    private static void pause() {
        try {
            Thread.sleep(500);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aCrashedRankIsTakenInByARecoveryEpoch() {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        long before = get().getStatus().placementEpoch();
        fleet.crash(1);
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(get().getStatus().placementEpoch()).isGreaterThan(before);
            assertThat(fleet.worker(1).epoch()).isGreaterThan(before);
        });
        awaitWidth(2);
        assertThat(last().done().copied() + last().done().loaded()).isZero();
        assertThat(operations().getLast().getSpec().requester()).isEqualTo("repair");
        assertMemoryMatches(2);
    }

    @Test
    void aDeletedPodComesBack() {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        long before = get().getStatus().placementEpoch();
        client.pods().inNamespace(NAMESPACE).withName(NAME + "-rank-0").delete();
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(get().getStatus().placementEpoch()).isGreaterThan(before));
        awaitWidth(2);
        assertMemoryMatches(2);
    }

    @Test
    void tooFewAcceleratorsAreSaidBeforeAnythingIsCreated() {
        apply("file:///models/shakespeare-moe", 4);
        awaitWidth(4);
        change(object -> new MoEDeploymentSpec(
                object.getSpec().model(),
                null,
                null,
                6,
                new MoEDeploymentSpec.Scaling(null, 1, 8, null, null, null, null, null),
                null,
                null,
                new MoEDeploymentSpec.Accelerator(null, "1Mi", null),
                null,
                null));
        awaitRolledBack();
        assertThat(last().error()).contains("needs 2 more free accelerator(s)");
        assertThat(fleet.gateway().ranks(KEY)).hasSize(4);
    }

    @Test
    void whatIsWrongWithTheSpecOrTheModelIsInTheCondition() {
        apply("models/relative", 1);
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(condition("Accepted").getReason()).isEqualTo("InvalidSpec"));
        assertThat(condition("Accepted").getMessage()).contains("absolute path");
        for (String[] bad : new String[][] {{"/models/missing", "ModelNotFound"}, {"/models/broken", "ModelInvalid"}}) {
            change(deployment -> spec("file://" + bad[0], 1));
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(condition("Accepted").getReason()).isEqualTo(bad[1]));
            assertThat(condition("Accepted").getStatus()).isEqualTo("False");
        }
        assertThat(condition("Accepted").getMessage()).contains("truncated");
        assertThat(operations()).isEmpty();
    }

    @Test
    void deletionLeavesNothingBehind() {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        client.resources(MoEDeployment.class)
                .inNamespace(NAMESPACE)
                .withName(NAME)
                .delete();
        await().atMost(LIMIT).until(() -> get() == null);
        assertThat(client.pods().inNamespace(NAMESPACE).list().getItems()).isEmpty();
        assertThat(operations()).isEmpty();
        assertThat(new Placements(client).list(NAMESPACE, NAME)).isEmpty();
        assertThat(fleet.gateway().routes(KEY)).isNull();
        fleet.agents().forEach(agent -> {
            assertThat(agent.state().members()).isEmpty();
            assertThat(agent.state().segments()).isEmpty();
        });
    }
}
