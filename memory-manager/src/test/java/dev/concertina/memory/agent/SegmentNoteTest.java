package dev.concertina.memory.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.wire.ObjectId;
import org.junit.jupiter.api.Test;

class SegmentNoteTest {
    private static SegmentNote note(String deployment, String model, ObjectId object) {
        return new SegmentNote("s", deployment, model, object, 0, 1, 1, 0, "op", false);
    }

    /** The allow-list is per model: pages of one must not come, unwiped, to users of another. */
    @Test
    void pagesAreUsedAgainOnlyByThoseWhoMayMapTheModel() {
        SegmentNote one = note("ns/d", "/m/a", ObjectId.DENSE);
        assertThat(one.tenant())
                .isEqualTo(note("ns/d", "/m/a", ObjectId.expert(1, 2)).tenant());
        assertThat(one.tenant())
                .isNotEqualTo(note("ns/d", "/m/b", ObjectId.DENSE).tenant());
        assertThat(one.tenant())
                .isNotEqualTo(note("ns/e", "/m/a", ObjectId.DENSE).tenant());
        assertThat(note("ns/d", "/m/a", ObjectId.KV).tenant()).isNull();
    }
}
