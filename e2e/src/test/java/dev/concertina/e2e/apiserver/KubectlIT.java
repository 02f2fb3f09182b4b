package dev.concertina.e2e.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Runs every kubectl command that {@code up} suggests. */
class KubectlIT {
    private LocalApiServer api;

    @BeforeEach
    void start() throws Exception {
        api = new LocalApiServer(0, InstantSource.system());
        for (String crd : List.of("moedeployments", "scaleoperations", "expertplacements")) {
            try (InputStream in =
                    MoEDeployment.class.getResourceAsStream("/META-INF/concertina/" + crd + ".concertina.dev.yaml")) {
                api.client()
                        .load(in)
                        .items()
                        .forEach(item -> api.client().resource(item).create());
            }
        }
        MoEDeployment deployment = new MoEDeployment();
        deployment.setMetadata(new ObjectMetaBuilder()
                .withName("shakespeare")
                .withNamespace("default")
                .build());
        deployment.setSpec(new MoEDeploymentSpec(
                new MoEDeploymentSpec.Model("file:///models/x", null),
                null,
                null,
                1,
                null,
                null,
                null,
                null,
                null,
                null));
        api.client().resource(deployment).create();
    }

    @AfterEach
    void stop() {
        api.close();
    }

    @Test
    void suggestedCommandsWork() throws Exception {
        Assumptions.assumeTrue(onPath("kubectl"), "no kubectl on the PATH");
        assertThat(kubectl("get", "moed")).contains("NAME", "shakespeare");
        assertThat(kubectl("get", "scaleop")).contains("No resources found");
        assertThat(kubectl("get", "pods", "-o", "wide")).contains("No resources found");
        assertThat(kubectl("get", "nodes")).contains("No resources found");
        assertThat(kubectl("get", "moed", "shakespeare", "-o", "yaml")).contains("source: file:///models/x");
        assertThat(kubectl("scale", "moed/shakespeare", "--replicas=3")).contains("scaled");
        MoEDeployment after = api.client()
                .resources(MoEDeployment.class)
                .inNamespace("default")
                .withName("shakespeare")
                .get();
        assertThat(after.getSpec().width()).isEqualTo(3);
        assertThat(after.getMetadata().getGeneration()).isEqualTo(2);
        assertThat(kubectl(
                        "patch",
                        "moed/shakespeare",
                        "--type=merge",
                        "-p",
                        "{\"spec\":{\"scaling\":{\"mode\":\"Manual\"}}}"))
                .contains("patched");
        assertThat(kubectl("describe", "moed", "shakespeare")).contains("Manual");
    }

    @Test
    void thePluginIsTheLauncher() throws Exception {
        Assumptions.assumeTrue(onPath("kubectl"), "no kubectl on the PATH");
        String home = Path.of("..").toRealPath().toString();
        ProcessBuilder builder =
                new ProcessBuilder("kubectl", "concertina", "what-if", "--help").redirectErrorStream(true);
        builder.environment().merge("PATH", home, (path, more) -> more + ":" + path);
        builder.environment().put("CONCERTINA_BUILD", "never");
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(out).isTrue();
        assertThat(process.exitValue()).as(out).isZero();
        assertThat(out).contains("Usage: concertina what-if");
    }

    private String kubectl(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("kubectl", "--server", api.url()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().remove("KUBECONFIG");
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as(out).isTrue();
        assertThat(process.exitValue()).as(out).isZero();
        return out;
    }

    private static boolean onPath(String program) {
        for (String dir : System.getenv().getOrDefault("PATH", "").split(":")) {
            if (Files.isExecutable(Path.of(dir, program))) {
                return true;
            }
        }
        return false;
    }
}
