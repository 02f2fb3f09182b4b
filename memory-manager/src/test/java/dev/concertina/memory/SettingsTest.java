package dev.concertina.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.agent.AgentSettings;
import dev.concertina.memory.backend.BackendChoice;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    @TempDir
    Path models;

    private Map<String, String> environment() {
        return new HashMap<>(Map.of(
                "CONCERTINA_RUN_DIR", "/run/c",
                "CONCERTINA_NODE", "n",
                "CONCERTINA_HOST", "127.0.0.1",
                "CONCERTINA_DEVICES", "2",
                "CONCERTINA_DEVICE_BYTES", "4194304",
                "CONCERTINA_MODELS", models.toString()));
    }

    @Test
    void simulatedAcceleratorsAreTheDefault() throws Exception {
        AgentSettings settings = Settings.agent(environment());
        assertThat(settings.backend()).isEqualTo(new BackendChoice.Posix());
        assertThat(settings.devices()).isEqualTo(2);
        assertThat(settings.allowed().users()).containsOnlyKeys("*");
        assertThat(settings.allowed().users().get("*")).contains(0, Settings.uid());
    }

    @Test
    void withCudaTheDriverCounts() throws Exception {
        Map<String, String> environment = environment();
        environment.remove("CONCERTINA_DEVICES");
        environment.remove("CONCERTINA_DEVICE_BYTES");
        environment.put("CONCERTINA_BACKEND", "cuda");
        environment.put("CONCERTINA_CUDA_DEVICES", "GPU-b, GPU-a");
        AgentSettings settings = Settings.agent(environment);
        assertThat(settings.backend()).isEqualTo(new BackendChoice.Cuda("libcuda.so.1", List.of("GPU-b", "GPU-a")));
        assertThat(settings.deviceBytes()).isZero();
    }

    @Test
    void whereTheSocketDecidesEverybodyMay() throws Exception {
        Map<String, String> environment = environment();
        environment.put("CONCERTINA_ATTESTOR", "socket");
        assertThat(Settings.agent(environment).allowed().users().get("*")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CONCERTINA_BACKEND | rocm | CONCERTINA_BACKEND is 'rocm'; it must be posix or cuda",
                "CONCERTINA_ATTESTOR | me | CONCERTINA_ATTESTOR is 'me'; it must be kernel or socket",
                "CONCERTINA_ALLOW | 1000 | CONCERTINA_ALLOW: '1000' is not MODEL=UID,UID; separate rules with ';'",
                "CONCERTINA_DEVICES | 0 | CONCERTINA_DEVICES is '0'; it must be a whole number between 1 and 1024",
                "CONCERTINA_DEVICE_BYTES | much | CONCERTINA_DEVICE_BYTES is 'much'; it must be a whole number",
                "CONCERTINA_MODELS | /no/such | CONCERTINA_MODELS names /no/such, which is not a folder",
            })
    void badSettingsAreOneSentence(String name, String value, String sentence) {
        Map<String, String> environment = environment();
        environment.put(name, value);
        assertThatThrownBy(() -> Settings.agent(environment))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(sentence);
    }
}
