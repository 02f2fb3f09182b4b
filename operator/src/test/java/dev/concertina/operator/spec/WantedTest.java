package dev.concertina.operator.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec.Mode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WantedTest {
    private static MoEDeployment deployment(String spec) {
        return Serialization.unmarshal(
                "apiVersion: concertina.dev/v1alpha1\nkind: MoEDeployment\nmetadata: {name: a, namespace: b}\nspec: "
                        + spec,
                MoEDeployment.class);
    }

    @Test
    void whatIsLeftOutHasItsDefault() {
        Wanted wanted = Wanted.of(deployment("{model: {source: 'file:///models/x'}}"));
        assertThat(wanted.modelPath()).isEqualTo("/models/x");
        assertThat(wanted.modelName()).isEqualTo("a");
        assertThat(wanted.mode()).isEqualTo(Mode.Manual);
        assertThat(wanted.width()).isEqualTo(1);
        assertThat(wanted.maxWidth()).isEqualTo(8);
        assertThat(wanted.kvBytes()).isEqualTo(64L << 20);
        assertThat(wanted.scaleDownStabilization()).isEqualTo(Duration.ofSeconds(60));
        assertThat(wanted.pace()).isEmpty();
    }

    @Test
    void paceAndBoundsAreRead() {
        Wanted wanted = Wanted.of(
                deployment(
                        "{model: {source: /m}, width: 9, scaling: {maxWidth: 4, scaleUpStabilization: 1m30s}, engine: {env: {CONCERTINA_PACE: 'step=8ms,token=800us'}}}"));
        assertThat(wanted.width()).isEqualTo(4);
        assertThat(wanted.scaleUpStabilization()).isEqualTo(Duration.ofSeconds(90));
        assertThat(wanted.pace()).contains(new Wanted.Pace(Duration.ofMillis(8), Duration.ofNanos(800_000)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | spec.model.source is missing",
                "{model: {source: 'models/x'}} | absolute path",
                "{model: {source: /m}, scaling: {minWidth: 5, maxWidth: 4}} | minWidth 5 must be from 1 to maxWidth 4",
                "{model: {source: /m}, scaling: {interval: soon}} | spec.scaling.interval is 'soon'",
                "{model: {source: /m}, accelerator: {kvCache: much}} | spec.accelerator.kvCache is 'much'",
                "{model: {source: /m}, engine: {type: vllm}} | only 'reference' works today",
                "{model: {source: /m}, parallelism: {tensor: 2}} | takes 1",
                "{model: {source: /m}, slo: {attainment: 2}} | attainment must be from 0 to 1",
                "{model: {source: /m}, engine: {env: {CONCERTINA_PACE: fast}}} | write step=8ms,token=800us"
            })
    void whatIsWrongIsNamed(String spec, String problem) {
        assertThatThrownBy(() -> Wanted.of(deployment(spec)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(problem);
    }
}
