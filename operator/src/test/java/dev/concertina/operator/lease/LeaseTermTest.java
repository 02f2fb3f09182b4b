package dev.concertina.operator.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LeaseTermTest {
    private static final Logger QUIET = Logger.getLogger("io.fabric8.mockwebserver");
    private static final String NAMESPACE = "system";
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private KubernetesMockServer server;
    private KubernetesClient client;

    @BeforeEach
    void start() {
        QUIET.setLevel(Level.WARNING);
        server = new KubernetesMockServer(
                new Context(), new MockWebServer(), new HashMap<>(), new KubernetesCrudDispatcher(), false);
        server.init();
        client = server.createClient();
    }

    @AfterEach
    void stop() {
        client.close();
        server.destroy();
    }

    /** As another operator writes it, whose clock may be wrong. */
    private void heldByAnother(Instant renewed) {
        client.resource(new LeaseBuilder()
                        .withNewMetadata()
                        .withName(LeaseTerm.NAME)
                        .withNamespace(NAMESPACE)
                        .endMetadata()
                        .withNewSpec()
                        .withHolderIdentity("other")
                        .withLeaseDurationSeconds(2)
                        .withLeaseTransitions(41)
                        .withRenewTime(renewed.atZone(ZoneOffset.UTC))
                        .endSpec()
                        .build())
                .createOr(existing -> existing.update());
    }

    private CompletableFuture<LeaseTerm> acquire(AtomicReference<String> leader) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return LeaseTerm.acquire(
                        client, NAMESPACE, "me", Duration.ofSeconds(2), Clock.systemUTC(), leader::set, () -> {});
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void aDeadHolderWhoseClockWasAheadIsWaitedForNoLongerThanItsLease() {
        heldByAnother(Instant.now().plus(Duration.ofHours(1)));
        AtomicReference<String> leader = new AtomicReference<>();
        CompletableFuture<LeaseTerm> taken = acquire(leader);
        await().atMost(LIMIT).until(taken::isDone);
        assertThat(leader).hasValue("other");
        assertThat(taken.join().term()).isEqualTo(42);
        taken.join().close();
    }

    @Test
    void aLivingHolderWhoseClockIsBehindKeepsTheLease() throws InterruptedException {
        Instant behind = Instant.now().minus(Duration.ofHours(1));
        heldByAnother(behind);
        AtomicReference<String> leader = new AtomicReference<>();
        CompletableFuture<LeaseTerm> taken = acquire(leader);
        await().atMost(LIMIT).until(() -> "other".equals(leader.get()));
        for (int renewal = 1; renewal <= 30; renewal++) {
            heldByAnother(behind.plusMillis(100L * renewal));
            Thread.sleep(100);
        }
        assertThat(taken).isNotDone();
        await().atMost(LIMIT).until(taken::isDone); // nobody renews it any more
        taken.join().close();
    }
}
