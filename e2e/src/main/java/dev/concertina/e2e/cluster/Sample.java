package dev.concertina.e2e.cluster;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import org.jspecify.annotations.Nullable;

/**
 * What the run must know of the sample that it applies.
 *
 * @param pace of its simulated accelerators, empty when unpaced
 * @param ttftMs its objective, milliseconds to the first token
 * @param tpotMs its objective, milliseconds per token after that
 */
record Sample(String pace, double ttftMs, double tpotMs) {
    /** Reads the file that is applied. */
    static Sample read(Path file) throws ClusterException {
        try {
            MoEDeploymentSpec spec = Serialization.unmarshal(Files.readString(file), MoEDeployment.class)
                    .getSpec();
            MoEDeploymentSpec.Engine engine = spec.engine();
            String pace =
                    engine == null || engine.env() == null ? null : engine.env().get("CONCERTINA_PACE");
            MoEDeploymentSpec.Slo slo = spec.slo();
            return new Sample(
                    pace == null ? "" : pace,
                    millis(slo == null ? null : slo.timeToFirstToken(), "1s"),
                    millis(slo == null ? null : slo.timePerOutputToken(), "100ms"));
        } catch (IOException | ParseException e) {
            throw new ClusterException("cannot read the sample " + file + ": " + e.getMessage(), e);
        }
    }

    private static double millis(@Nullable String text, String otherwise) throws ParseException {
        return io.fabric8.kubernetes.api.model.Duration.parse(text == null ? otherwise : text)
                .getDuration()
                .toMillis();
    }
}
