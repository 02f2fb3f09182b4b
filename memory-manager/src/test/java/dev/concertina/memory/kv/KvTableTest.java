package dev.concertina.memory.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.kv.KvTable.State;
import dev.concertina.wire.ControlException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KvTableTest {
    private static final long PAGE = 4096;

    private final MemorySegment segment = Arena.ofAuto().allocate(1 << 20, 64);

    @Test
    void theTableLiesBehindItsPages() {
        KvTable table = KvTable.of(segment, PAGE, 16, 5);
        assertThat(table.pages()).isEqualTo((int) (((1 << 20) - 64) / (PAGE + 80)));
        table.token(table.pages() - 1, 15, -1);
        table.assign(0, 8, 3, State.READY);
        segment.asSlice(0, table.pages() * PAGE).fill((byte) 0xff); // pages and table do not touch
        assertThat(table.token(table.pages() - 1, 15)).isEqualTo(-1);
        assertThat(table.computed(0)).isZero();
        KvTable again = KvTable.of(segment, PAGE, 16, 5);
        assertThat(again.ready(0, 8)).isTrue();
        assertThat(again.index(0)).isEqualTo(3);
        assertThat(KvTable.of(segment, PAGE, 16, 6).state(0)).isEqualTo(State.FREE);
        assertThatThrownBy(() -> KvTable.of(segment, 1 << 20, 16, 6)).hasMessageContaining("more kvBytes");
        assertThatThrownBy(() -> table.state(table.pages())).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void aClaimIsAllOrNothingAndReadableLast() {
        KvTable table = KvTable.of(segment, PAGE, 16, 5);
        table.assign(0, 8, 0, State.RESERVED);
        table.assign(1, 8, 1, State.RESERVED);
        table.assign(2, 12, 0, State.RESERVED);
        for (List<Long> bad : List.of(List.of(0L, 2 * PAGE), List.of(0L, 0L), List.of(0L, 5 * PAGE))) {
            assertThatThrownBy(() -> KvClaim.take(segment, bad, PAGE, 8))
                    .isInstanceOfSatisfying(
                            ControlException.class, e -> assertThat(e.status()).isEqualTo(409));
            assertThat(table.state(0)).isEqualTo(State.RESERVED);
        }
        for (long offset : new long[] {-PAGE, 1, table.pages() * PAGE, Long.MAX_VALUE / PAGE * PAGE}) {
            assertThatThrownBy(() -> KvClaim.take(segment, List.of(offset), PAGE, 8))
                    .hasMessageContaining("outside a pool");
        }
        assertThatThrownBy(() -> KvClaim.take(segment, List.of(0L), 2 * PAGE, 8))
                .hasMessageContaining("is no page");
        assertThatThrownBy(() -> KvClaim.take(segment, List.of(3 * PAGE), PAGE, 0))
                .hasMessageContaining("owner 0");
        KvClaim claim = KvClaim.take(segment, List.of(0L, PAGE), PAGE, 8);
        assertThat(table.free(0)).isFalse();
        claim.page(1).fill((byte) 3);
        claim.publish();
        assertThat(table.ready(0, 8)).isFalse();
        claim.close();
        assertThat(table.ready(0, 8) && table.ready(1, 8)).isTrue();
        assertThat(segment.get(ValueLayout.JAVA_BYTE, PAGE)).isEqualTo((byte) 3);
        assertThatThrownBy(() -> KvTable.of(segment.asSlice(0, 0), PAGE, 16, 5)).isInstanceOf(RuntimeException.class);
    }

    @Test
    void theNextAgentEndsWhatTheOneBeforeHadBegun() {
        KvTable table = KvTable.of(segment, PAGE, 16, 5);
        table.assign(4, 16, 0, State.RESERVED);
        table.assign(5, 20, 0, State.READY);
        KvClaim lost = KvClaim.take(segment, List.of(4 * PAGE), PAGE, 16);
        assertThatThrownBy(() -> KvTable.of(segment, PAGE, 16, 6)).hasMessageContaining("an agent writes");
        table.settle();
        assertThat(table.state(4)).isEqualTo(State.RESERVED);
        assertThat(table.ready(5, 20)).isTrue();
        assertThat(table.free(4)).isTrue();
        lost.publish();
        lost.close(); // a thread of it that was still alive changes nothing any more
        assertThat(table.state(4)).isEqualTo(State.FREE);
    }

    /** The header is another process's: whatever it says, an agent reads and writes inside the segment only. */
    @Test
    void damagedHeadersAreNoTable() {
        KvTable.of(segment, PAGE, 16, 5);
        byte[] header = segment.asSlice(segment.byteSize() - 64, 64).toArray(ValueLayout.JAVA_BYTE);
        for (int seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            MemorySegment.copy(header, 0, segment, ValueLayout.JAVA_BYTE, segment.byteSize() - 64, 64);
            for (int change = 0; change <= random.nextInt(4); change++) {
                segment.set(ValueLayout.JAVA_BYTE, segment.byteSize() - 64 + 8 + random.nextInt(56), (byte)
                        random.nextInt());
            }
            KvTable table = KvTable.open(segment);
            if (table != null) {
                table.state(table.pages() - 1);
                table.token(0, table.pageTokens() - 1);
                assertThat(table.pages() * table.pageBytes()).isLessThan(segment.byteSize());
            }
        }
    }
}
