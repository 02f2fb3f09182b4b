package dev.concertina.memory.agent;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.libc.UnixSockets.Peer;
import dev.concertina.wire.ControlException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AllowListTest {
    private static Attestor.Identity user(int uid) {
        return new Attestor.Identity(uid, 7, "uid " + uid);
    }

    @Test
    void aNamedModelHasItsUsersAndNoOthers() {
        AllowList list = AllowList.parse("/models/a=1000, 1001; *=0;/models/open=*");
        assertThatCode(() -> list.check(user(1001), "/models/a")).doesNotThrowAnyException();
        assertThatThrownBy(() -> list.check(user(0), "/models/a"))
                .isInstanceOf(ControlException.class)
                .hasMessage("uid 0 may not map the model /models/a; allow it in CONCERTINA_ALLOW");
        assertThatCode(() -> list.check(user(0), "/models/b")).doesNotThrowAnyException();
        assertThatThrownBy(() -> list.check(user(1000), "/models/b")).hasMessageContaining("may not map");
        assertThatCode(() -> list.check(user(77), "/models/open")).doesNotThrowAnyException();
        assertThatThrownBy(() -> AllowList.parse("/models/a=1").check(user(1), "/models/b"))
                .hasMessageContaining("may not map");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1000 | is not MODEL=UID,UID",
                "*=me | is not a user's number",
                "*=-1 | is not a user's number",
                "*=1,,2 | is not a user's number",
                "/a=1;/a=2 | two rules for one model",
            })
    void badRulesAreRefusedInOneSentence(String rules, String reason) {
        assertThatThrownBy(() -> AllowList.parse(rules))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void theKernelsWordNeedsAProcessId() {
        assertThatCode(() -> Attestor.byKernel().attest(new Peer(1, 1000, 1000), TestNode.joining(0)))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> Attestor.byKernel().attest(new Peer(0, 1000, 1000), TestNode.joining(0)))
                .isInstanceOfSatisfying(
                        ControlException.class,
                        e -> org.assertj.core.api.Assertions.assertThat(e.status())
                                .isEqualTo(401))
                .hasMessageContaining("another pid namespace");
    }
}
