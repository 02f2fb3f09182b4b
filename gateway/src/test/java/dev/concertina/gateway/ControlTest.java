package dev.concertina.gateway;

import static dev.concertina.gateway.TestGateway.DEPLOYMENT;
import static dev.concertina.gateway.TestGateway.MODEL;
import static dev.concertina.gateway.TestGateway.await;
import static dev.concertina.gateway.TestGateway.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.wire.ControlClient;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.Gateways;
import dev.concertina.wire.Rank;
import dev.concertina.wire.Token;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator's side. */
class ControlTest {
    private static final Duration LONG = Duration.ofSeconds(10);
    private TestGateway gateway;

    @BeforeEach
    void start() throws Exception {
        gateway = TestGateway.start();
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void refusesOlderTermsAndEpochs() throws Exception {
        gateway.put(routes(5, 7));
        gateway.put(routes(5, 7));
        refused(409, () -> gateway.put(routes(5, 6)));
        refused(412, () -> gateway.put(routes(4, 8)));
        gateway.put(routes(6, 3));
        assertThat(gateway.state().term()).isEqualTo(6);
        assertThat(gateway.state().epoch()).isEqualTo(3);
        refused(412, () -> delete(5));
    }

    /** However long it waits: a gateway that nobody has spoken to cannot serve, nor rightly say that a model is not there. */
    @Test
    void readyOnlyWhenItKnowsWhatThereIs() throws Exception {
        HttpResponse<String> early = gateway.post(body("x", 1, false));
        assertThat(early.statusCode()).isEqualTo(503); // it has waited for routes as long as requests do
        assertThat(early.body()).contains("knows no models yet");
        assertThat(gateway.get("/healthz").statusCode()).isEqualTo(503);
        refused(409, () -> all(3, DEPLOYMENT));
        assertThat(gateway.get("/healthz").body()).contains("starting");
        all(3);
        assertThat(gateway.get("/healthz").statusCode()).isEqualTo(200);
        assertThat(gateway.post(body("x", 1, false)).statusCode()).isEqualTo(404);
        refused(412, () -> all(2));
        refused(
                400,
                () -> gateway.control.call(
                        "PUT",
                        gateway.controlAddress(),
                        "/control/v1/deployments",
                        new Gateways.All(3, null),
                        Object.class,
                        LONG));
    }

    @Test
    void readyWithRoutesWhoseRanksAreYetToCome() throws Exception {
        gateway.put(routes(1, 1));
        assertThat(gateway.get("/healthz").statusCode()).isEqualTo(200);
        all(1, DEPLOYMENT);
        assertThat(gateway.get("/healthz").statusCode()).isEqualTo(200);
    }

    private void all(long term, String... deployments) throws Exception {
        gateway.control.call(
                "PUT",
                gateway.controlAddress(),
                "/control/v1/deployments",
                new Gateways.All(term, List.of(deployments)),
                Object.class,
                LONG);
    }

    @Test
    void refusesNonsense() {
        refused(400, () -> gateway.put(new Gateways.Routes(1, 1, " ", MODEL, 10, List.of())));
        refused(400, () -> gateway.put(new Gateways.Routes(1, 1, DEPLOYMENT, MODEL, 0, List.of())));
        refused(400, () -> gateway.put(new Gateways.Routes(1, 1, DEPLOYMENT, MODEL, 10, null)));
        Rank nowhere = new Rank(0, "n", 0, "a:1", "nowhere", "x:1", "i");
        refused(400, () -> gateway.put(new Gateways.Routes(1, 1, DEPLOYMENT, MODEL, 10, List.of(nowhere))));
        refused(
                400,
                () -> gateway.control.call(
                        "PUT", gateway.controlAddress(), "/control/v1/routes", List.of(1), Object.class, LONG));
    }

    @Test
    void refusesStrangers() throws Exception {
        try (ControlClient stranger = new ControlClient(new Token("another-token-entirely"), LONG)) {
            refused(401, () -> stranger.get(gateway.controlAddress(), "/control/v1/state", Gateways.State.class, LONG));
            stranger.get(gateway.controlAddress(), "/healthz", Object.class, LONG);
        }
    }

    /** A process that starts again in the same pod knows what the one before knew. */
    @Test
    void termAndRoutesOutliveTheProcess(@TempDir Path folder) throws Exception {
        try (TestGateway before = new TestGateway(TestGateway.LIMITS, null, folder)) {
            before.put(routes(5, 7));
            before.control.call(
                    "DELETE",
                    before.controlAddress(),
                    "/control/v1/routes",
                    new Gateways.Gone(8, "default/other"),
                    Object.class,
                    LONG);
        }
        try (TestGateway after = new TestGateway(TestGateway.LIMITS, null, folder)) {
            assertThat(after.state().epoch()).isEqualTo(7);
            assertThat(after.get("/healthz").statusCode()).isEqualTo(200);
            refused(412, () -> after.put(routes(7, 8)));
            after.put(routes(8, 8));
        }
    }

    @Test
    void aBrokenRoutesFileIsNamed(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("routes.json"), "{\"term\":");
        assertThatThrownBy(() -> new TestGateway(TestGateway.LIMITS, null, folder))
                .isInstanceOf(java.io.IOException.class)
                .hasMessageContaining("routes.json")
                .hasMessageContaining("delete it");
    }

    @Test
    void oneModelNameForOneDeployment() throws Exception {
        gateway.put(routes(1, 1));
        refused(409, () -> gateway.put(new Gateways.Routes(1, 1, "default/other", MODEL, 10, List.of())));
    }

    @Test
    void aDeletedDeploymentIsUnknown() throws Exception {
        gateway.put(routes(1, 9));
        CompletableFuture<HttpResponse<String>> waiting = gateway.postAsync(body("x", 2, true));
        await("it waits", () -> queued() == 1);
        delete(1);
        assertThat(waiting.get().statusCode()).isEqualTo(404);
        assertThat(gateway.post(body("x", 2, true)).statusCode()).isEqualTo(404);
        gateway.put(routes(1, 1));
        assertThat(gateway.state().epoch()).isEqualTo(1);
    }

    private int queued() {
        try {
            return gateway.state().queued();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void delete(long term) throws java.io.IOException {
        gateway.control.call(
                "DELETE",
                gateway.controlAddress(),
                "/control/v1/routes",
                new Gateways.Gone(term, DEPLOYMENT),
                Object.class,
                LONG);
    }

    private static Gateways.Routes routes(long term, long epoch) {
        return new Gateways.Routes(term, epoch, DEPLOYMENT, MODEL, 100, List.of());
    }

    private static void refused(int status, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ControlException.class,
                        refusal -> assertThat(refusal.status()).isEqualTo(status));
    }
}
