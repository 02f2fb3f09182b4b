package dev.concertina.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.crds.ScaleOperationStatus.Phase;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaultPairTest {
    @Test
    void theMatrixHasEveryPhaseBothWaysForEveryFault() {
        assertThat(FaultPair.matrix(null, null))
                .hasSize(2 * FaultPair.PHASES.size() * Fault.values().length)
                .doesNotHaveDuplicates();
        assertThat(FaultPair.matrix(Phase.Staging, Fault.KAFKA))
                .extracting(FaultPair::title)
                .containsExactly("up/Staging/kafka", "down/Staging/kafka");
    }

    @Test
    void asManyDrawnPairsAsFaultsHaveEachFaultUpAndDownInTurn() {
        List<FaultPair> all = FaultPair.matrix(null, null);
        List<FaultPair> drawn = FaultPair.draw(all, Fault.values().length, 7);
        assertThat(drawn).extracting(FaultPair::fault).containsExactlyInAnyOrder(Fault.values());
        for (int i = 0; i < drawn.size(); i++) {
            assertThat(drawn.get(i).up()).isEqualTo(i % 2 == 0);
        }
        assertThat(FaultPair.draw(all, Fault.values().length, 7)).isEqualTo(drawn);
        assertThat(FaultPair.draw(all, Fault.values().length, 8)).isNotEqualTo(drawn);
        assertThat(FaultPair.draw(all, 1000, 7)).containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void anUnknownFaultIsAnsweredWithThoseThatThereAre() {
        assertThatThrownBy(() -> Fault.of("kill-cat"))
                .hasMessageContaining("kill-cat")
                .hasMessageContaining("kill-worker");
        assertThatThrownBy(() -> FaultsRun.phase("Napping"))
                .hasMessageContaining("Napping")
                .hasMessageContaining("Staging");
    }
}
