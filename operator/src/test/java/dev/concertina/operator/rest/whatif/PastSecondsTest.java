package dev.concertina.operator.rest.whatif;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.concertina.crds.ScaleOperation;
import dev.concertina.wire.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

class PastSecondsTest {
    /** Two seconds of staging for 4000 bytes, three seconds of all else. */
    private static ScaleOperation operation(int from, int to, String phase) throws Exception {
        return Json.mapper().readValue("""
                        {"metadata": {"name": "x"},
                         "spec": {"deployment": "m", "fromWidth": %d, "toWidth": %d, "strategy": "Elastic"},
                         "status": {"phase": "%s", "done": {"kept": 9, "copied": 3000, "loaded": 1000}, "phases": [
                           {"phase": "Planned", "startedAt": "2026-01-01T00:00:00Z", "endedAt": "2026-01-01T00:00:01Z"},
                           {"phase": "Staging", "startedAt": "2026-01-01T00:00:01Z", "endedAt": "2026-01-01T00:00:03Z"},
                           {"phase": "Reclaiming", "startedAt": "2026-01-01T00:00:03Z", "endedAt": "2026-01-01T00:00:05Z"},
                           {"phase": "Succeeded", "startedAt": "2026-01-01T00:00:05Z"}]}}""".formatted(from, to, phase), ScaleOperation.class);
    }

    @Test
    void bytesAtTheRateMeasuredAndTheRestAsItTook() throws Exception {
        PastSeconds past = PastSeconds.of(List.of(operation(1, 2, "Succeeded")), true);
        assertThat(past).isNotNull();
        assertThat(past.predict(4000)).isCloseTo(5, within(1e-9));
        assertThat(past.predict(8000)).isCloseTo(7, within(1e-9));
        assertThat(past.predict(0)).isCloseTo(3, within(1e-9));
    }

    @Test
    void onlyChangesOfThatDirectionThatSucceededCount() throws Exception {
        assertThat(PastSeconds.of(List.of(operation(2, 1, "Succeeded")), true)).isNull();
        assertThat(PastSeconds.of(List.of(operation(1, 2, "RolledBack")), true)).isNull();
        assertThat(PastSeconds.of(List.of(operation(2, 2, "Succeeded")), false)).isNull();
    }
}
