package dev.concertina.operator.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.scheduler.placement.Placement;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlacementTableTest {
    @Test
    void textAndBack() {
        Placement placement = new Placement(3, new int[][][] {{{0}, {1, 2}}, {{2}, {0}}});
        assertThat(PlacementTable.encode(placement)).containsExactly("0 1,2", "2 0");
        assertThat(PlacementTable.decode(3, List.of("0 1,2", "2 0"))).isEqualTo(placement);
    }

    @Test
    void otherTextIsRefusedInOneSentence() {
        assertThatThrownBy(() -> PlacementTable.decode(2, List.of("0 x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'x' is not a list of ranks");
        assertThatThrownBy(() -> PlacementTable.decode(2, List.of("0 2"))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PlacementTable.decode(2, List.of("0 1", "0")))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
