package dev.concertina.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.operator.doubles.FakeFleet;
import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.placement.Placements;
import dev.concertina.operator.settings.Settings;
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
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * The whole operator against doubles of agents, workers and gateways, and what tests ask of it. The API server is the CRUD server, unless a
 * subclass brings another.
 */
public abstract class OperatorHarness {
    protected static final String NAMESPACE = "default";
    protected static final String NAME = "shakespeare";
    protected static final String KEY = NAMESPACE + "/" + NAME;
    protected static final Duration LIMIT = Duration.ofSeconds(30);
    protected static final Logger QUIET = Logger.getLogger("io.fabric8.mockwebserver");

    protected final Token token = new Token("a-token-of-sufficient-length");
    private final KubernetesCrudDispatcher objects = new KubernetesCrudDispatcher();
    private @Nullable KubernetesMockServer server;
    protected KubernetesClient client;
    protected FakeFleet fleet;
    protected Control control;

    @BeforeEach
    protected void start() throws IOException, InterruptedException {
        client = open();
        fleet = new FakeFleet(client, token);
        control = operator();
    }

    /** The API server's client for the test and its doubles. */
    protected KubernetesClient open() throws IOException {
        QUIET.setLevel(Level.WARNING);
        server = crudServer(0);
        return server.createClient();
    }

    private KubernetesMockServer crudServer(int port) {
        KubernetesMockServer crud =
                new KubernetesMockServer(new Context(), new MockWebServer(), new HashMap<>(), objects, false);
        crud.init(InetAddress.getLoopbackAddress(), port);
        return crud;
    }

    /** The CRUD server goes away with all its connections, and comes back with its objects when the result is run. */
    protected Runnable cutOff() {
        KubernetesMockServer away = server;
        int port = away.getPort();
        away.destroy();
        return () -> server = crudServer(port);
    }

    /** The operator's own client. */
    protected KubernetesClient operatorClient() {
        return client;
    }

    /** What the operator is told. */
    protected Settings settings() {
        return new TestSettings();
    }

    /** Ends what {@link #open} began. */
    protected void shut() {
        client.close();
        if (server != null) {
            server.destroy();
        }
    }

    protected Control operator() throws InterruptedException {
        return Control.start(operatorClient(), token, settings(), Clock.systemUTC(), leader -> {}, () -> {});
    }

    @AfterEach
    protected void stop() {
        if (control != null) { // a test that was left out for want of a server has none of them
            control.close();
            fleet.close();
            shut();
        }
    }

    protected MoEDeployment apply(String source, int width) {
        MoEDeployment deployment = new MoEDeployment();
        deployment.getMetadata().setName(NAME);
        deployment.getMetadata().setNamespace(NAMESPACE);
        deployment.setSpec(spec(source, width));
        return client.resource(deployment).create();
    }

    protected static MoEDeploymentSpec spec(String source, int width) {
        return new MoEDeploymentSpec(
                new MoEDeploymentSpec.Model(source, null),
                null,
                null,
                width,
                new MoEDeploymentSpec.Scaling(
                        MoEDeploymentSpec.Mode.Manual, 1, 4, null, null, null, null, null, null, null),
                null,
                null,
                new MoEDeploymentSpec.Accelerator(null, "1Mi", null),
                null,
                null);
    }

    protected void scale(int width) {
        change(deployment -> spec(deployment.getSpec().model().source(), width));
    }

    /** As a user does: the operator may write in between, then again. */
    protected void change(Function<MoEDeployment, MoEDeploymentSpec> next) {
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

    protected MoEDeployment get() {
        return client.resources(MoEDeployment.class)
                .inNamespace(NAMESPACE)
                .withName(NAME)
                .get();
    }

    protected List<ScaleOperation> operations() {
        return new Operations(client).list(NAMESPACE, NAME);
    }

    protected void awaitWidth(int width) {
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(get().getStatus()).isNotNull();
            assertThat(get().getStatus().effectiveWidth()).isEqualTo(width);
            assertThat(operations()).noneMatch(Operations::active);
            assertThat(fleet.gateway().ranks(KEY)).hasSize(width);
        });
    }

    /** Status of the last operation; null before its first phase. */
    protected ScaleOperationStatus last() {
        return operations().getLast().getStatus();
    }

    /** Phase of the last operation; null before its first. */
    protected Phase lastPhase() {
        ScaleOperationStatus status = last();
        return status == null ? null : status.phase();
    }

    protected void awaitRolledBack() {
        await().atMost(LIMIT).until(() -> lastPhase() == Phase.RolledBack);
    }

    protected Condition condition(String type) {
        MoEDeploymentStatus status = get().getStatus();
        return status == null
                ? new Condition()
                : status.conditions().stream()
                        .filter(condition -> condition.getType().equals(type))
                        .findFirst()
                        .orElse(new Condition());
    }

    /** What is on the accelerators is what the placement says, no more and no less. */
    protected void assertMemoryMatches(int width) {
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
}
