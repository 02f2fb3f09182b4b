package dev.concertina.operator.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.concertina.operator.placement.Placements;
import dev.concertina.operator.settings.Settings;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A node that never answers again must not keep a deployment that is deleted. */
class LostAgentTest extends OperatorHarness {
    @Override
    protected Settings settings() {
        return new TestSettings(Duration.ofSeconds(3), Optional.empty());
    }

    @Test
    void deletionEndsWithoutIt() {
        apply("file:///models/shakespeare-moe", 2);
        awaitWidth(2);
        fleet.agents().getFirst().close();
        client.resource(get()).delete();
        await().atMost(LIMIT).until(() -> get() == null);
        assertThat(client.pods().inNamespace(NAMESPACE).list().getItems()).isEmpty();
        assertThat(operations()).isEmpty();
        assertThat(new Placements(client).list(NAMESPACE, NAME)).isEmpty();
        assertThat(fleet.gateway().routes(KEY)).isNull();
    }
}
