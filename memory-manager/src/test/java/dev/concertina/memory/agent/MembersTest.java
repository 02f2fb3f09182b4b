package dev.concertina.memory.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.client.JoinRequest;
import dev.concertina.wire.ControlException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MembersTest {
    private final AtomicLong now = new AtomicLong(1_000_000);
    private final AtomicLong ids = new AtomicLong();

    private Members members() {
        return new Members(2, () -> java.time.Instant.ofEpochMilli(now.get()), () -> "i" + ids.incrementAndGet());
    }

    private static JoinRequest rank(int rank) {
        return new JoinRequest("ns/d", rank, "pod-" + rank, "c", "x");
    }

    @Test
    void aRankKeepsItsDevice() {
        Members members = members();
        Binding three = members.join(rank(3), null);
        assertThat(three.device()).isZero();
        assertThat(members.join(rank(1), null).device()).isEqualTo(1);
        assertThatThrownBy(() -> members.join(rank(2), null)).hasMessageContaining("all 2 devices");
        assertThatThrownBy(() -> members.join(rank(3), null)).hasMessageContaining("is alive");
        members.left(three);
        Binding again = members.join(rank(3), null);
        assertThat(again.device()).isZero();
        assertThat(again.incarnation()).isNotEqualTo(three.incarnation());
        members.left(three); // late news of the first process do not touch the second
        assertThat(members.find("ns/d", 3).live()).isTrue();
        assertThatThrownBy(() -> members.release("ns/d", 3)).hasMessageContaining("is alive");
        members.left(again);
        assertThat(members.release("ns/d", 3)).isNotNull();
        assertThat(members.release("ns/d", 3)).isNull();
        assertThat(members.join(rank(2), null).device()).isZero();
    }

    @Test
    void nothingIsFreedBeforeHoldersComeBackOrTheGraceEnds() {
        Members before = members();
        Binding zero = before.join(rank(0), null);
        before.left(before.join(rank(1), null));
        before.admit(5);

        Members after = members();
        after.restore(before.note());
        assertThat(after.term()).isEqualTo(5);
        assertThat(after.members()).hasSize(2).noneMatch(member -> member.live());
        assertThatThrownBy(() -> after.awaits(0)).hasMessageContaining("waits up to 30 s");
        assertThatThrownBy(() -> after.release("ns/d", 0)).isInstanceOf(ControlException.class);
        assertThatCode(() -> after.awaits(1)).doesNotThrowAnyException();
        assertThatThrownBy(() -> after.join(rank(0), "other")).hasMessageContaining("has passed to another");
        assertThat(after.join(rank(0), zero.incarnation()).incarnation()).isEqualTo(zero.incarnation());
        assertThatCode(() -> after.awaits(0)).doesNotThrowAnyException();

        Members later = members();
        later.restore(before.note());
        now.addAndGet(30_000);
        assertThatCode(() -> later.awaits(0)).doesNotThrowAnyException();
    }
}
