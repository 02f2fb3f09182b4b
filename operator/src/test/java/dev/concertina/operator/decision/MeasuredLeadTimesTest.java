package dev.concertina.operator.decision;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.scheduler.width.LeadTimes;
import dev.concertina.wire.Agents;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeasuredLeadTimesTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Planned at 10 s, committed at {@code served}, reclaimed five seconds later. */
    private static ScaleOperation operation(int from, int to, String phase, String served) throws IOException {
        return MAPPER.readValue("""
                {"spec": {"deployment": "moe", "fromWidth": %d, "toWidth": %d, "strategy": "Elastic"},
                 "status": {"phase": "%s", "phases": [
                   {"phase": "Planned", "startedAt": "2026-01-01T00:00:10.000Z", "endedAt": "2026-01-01T00:00:10.500Z"},
                   {"phase": "Committing", "startedAt": "2026-01-01T00:00:12.000Z", "endedAt": %s},
                   {"phase": "Reclaiming", "startedAt": "2026-01-01T00:00:50.000Z", "endedAt": "2026-01-01T00:00:55.000Z"}]}}
                """.formatted(from, to, phase, served), ScaleOperation.class);
    }

    @Test
    void countsFromThePlanToTheCommitOfWhatSucceeded() throws IOException {
        LeadTimes measured = MeasuredLeadTimes.of(List.of(
                operation(1, 2, "Succeeded", "\"2026-01-01T00:00:21.500Z\""),
                operation(1, 2, "RolledBack", "\"2026-01-01T00:00:44.000Z\""),
                operation(2, 2, "Succeeded", "\"2026-01-01T00:00:44.000Z\""),
                operation(2, 3, "Succeeded", "null")));
        assertThat(measured.measured()).containsExactly(new LeadTimes.Measured(1, 2, Duration.ofMillis(11_500)));
        assertThat(measured.of(1, 2)).isEqualTo(Duration.ofMillis(11_500));
        assertThat(measured.of(2, 1)).isEqualTo(measured.assumedDown());
    }

    @Test
    void theFloorIsTheFewestRanksThatHoldTheModel() {
        long mib = 1L << 20;
        Agents.Model model = new Agents.Model(4, 8, 2, 10 * mib, 2 * mib, 512);
        List<Agents.Device> small = List.of(device(0, 50 * mib), device(1, 90 * mib));
        assertThat(ExpertFloor.of(model, 16 * mib, small)).isEqualTo(3);
        assertThat(ExpertFloor.of(model, 16 * mib, List.of(device(0, 90 * mib))))
                .isEqualTo(1);
        assertThat(ExpertFloor.of(model, 16 * mib, List.of())).isEqualTo(1);
    }

    private static Agents.Device device(int ordinal, long capacityBytes) {
        return new Agents.Device(ordinal, capacityBytes, 0, 0, null, null);
    }
}
