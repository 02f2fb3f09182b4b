package dev.concertina.e2e.cli;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The deployment that {@code demo} and {@code up} apply. */
public final class DemoDeployment {
    public static final String NAME = "shakespeare";
    /** Slow enough that four ranks together need less than one and a half cores, so that width buys capacity. */
    public static final String PACE = "step=6ms,token=800us";

    public static final int MIN_WIDTH = 1;
    public static final double TTFT_LIMIT_MS = 1000;
    public static final double TPOT_LIMIT_MS = 100;

    private DemoDeployment() {}

    /**
     * Builds it.
     *
     * @param width for mode Manual; null leaves it to the schema's default
     * @param pace {@code CONCERTINA_PACE} of the workers, empty for unpaced
     */
    public static MoEDeployment of(
            String namespace,
            Path modelDir,
            MoEDeploymentSpec.Mode mode,
            @Nullable Integer width,
            int maxWidth,
            String pace) {
        MoEDeployment deployment = new MoEDeployment();
        deployment.setMetadata(
                new ObjectMetaBuilder().withName(NAME).withNamespace(namespace).build());
        deployment.setSpec(new MoEDeploymentSpec(
                new MoEDeploymentSpec.Model("file://" + modelDir, null),
                new MoEDeploymentSpec.Engine(
                        null, null, null, pace.isEmpty() ? Map.of() : Map.of("CONCERTINA_PACE", pace)),
                null,
                width,
                new MoEDeploymentSpec.Scaling(mode, MIN_WIDTH, maxWidth, null, "2s", "8s", "1s", null, null, null),
                new MoEDeploymentSpec.Slo((long) TTFT_LIMIT_MS + "ms", (long) TPOT_LIMIT_MS + "ms", 0.95),
                null,
                null,
                null,
                null));
        return deployment;
    }
}
