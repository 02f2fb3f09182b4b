package dev.concertina.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchReportTest {
    private static final BenchReport REPORT = new BenchReport(
            Machine.here(),
            List.of(
                    Result.of("remap", 7.12345, "us", "copy", 900, Aim.ratioAtMost(0.1)),
                    Result.of("decode", 1234.56, "tokens/s", "scalar", 1000, Aim.ratioAtLeast(2)),
                    Result.of("time", 2000, "ms", "EPLB", 1.5, Aim.valueAtMost(2000))));

    @Test
    void hasTheOneShapeOfAllBenchmarks() throws IOException {
        JsonNode json = Json.mapper().readTree(Json.write(REPORT));
        assertThat(json.fieldNames()).toIterable().containsExactly("machine", "results");
        assertThat(json.path("machine").fieldNames())
                .toIterable()
                .containsExactly("cpu", "cores", "memory_bytes", "os", "jdk", "load");
        assertThat(json.path("results").get(0))
                .hasToString("{\"name\":\"remap\",\"value\":7.123,\"unit\":\"us\",\"baseline_name\":\"copy\","
                        + "\"baseline_value\":900.0,\"ratio\":0.007915,\"aim\":\"ratio <= 0.1\",\"holds\":true}");
        assertThat(json.path("results").get(1))
                .hasToString("{\"name\":\"decode\",\"value\":1235.0,\"unit\":\"tokens/s\",\"baseline_name\":\"scalar\","
                        + "\"baseline_value\":1000.0,\"ratio\":1.235,\"aim\":\"ratio >= 2\",\"holds\":false}");
    }

    @Test
    void holdsWhenEveryAimDoes() {
        assertThat(REPORT.results()).extracting(Result::holds).containsExactly(true, false, true);
        assertThat(REPORT.holds()).isFalse();
        assertThat(REPORT.table()).contains("ratio >= 2", "NO").hasLineCount(4);
    }

    @Test
    void whatWasNotMeasuredIsNoResult() {
        assertThatThrownBy(() -> Result.of("remap", 1, "us", "copy", 0, Aim.ratioAtMost(1)))
                .hasMessageContaining("no measurement");
    }

    @Test
    void repetitionsTakeTurnsAndCountAfterTheWarmUp() throws Exception {
        StringBuilder order = new StringBuilder();
        double[] next = {100, 1, 3, 2};
        double[] medians = Repetitions.medians(
                1,
                3,
                () -> {
                    order.append('a');
                    return next[order.length() / 2];
                },
                () -> {
                    order.append('b');
                    return 7;
                });
        assertThat(order).hasToString("abababab");
        assertThat(medians).containsExactly(2, 7);
    }
}
