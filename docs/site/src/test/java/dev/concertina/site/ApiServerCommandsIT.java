package dev.concertina.site;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.operator.apiserver.RealApiServer;
import dev.concertina.site.DocCommands.Block;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the blocks marked {@code sh apiserver}, page after page, as a user would: from the repository's folder, against a real API server with the real
 * helm and kubectl. No kubelet and no operator run: what they would have done by then, the node and the deployment's status, is put there by hand.
 */
class ApiServerCommandsIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final String SERVES = """
            if kubectl get -n concertina moed/shakespeare-moe >/dev/null 2>&1; then
              kubectl patch -n concertina moed/shakespeare-moe --subresource=status --type=merge -p '{"status": {"effectiveWidth": 1, "conditions": [
                {"type": "Available", "status": "True", "reason": "Serving", "message": "", "lastTransitionTime": "2026-11-24T00:00:00Z"}]}}'
            fi
            """;

    @Test
    void everyCommandForAnApiServerWorks(@TempDir Path folder) throws Exception {
        RealApiServer server = RealApiServer.get();
        Path binaries = Path.of(RealApiServer.kubectlPath()).toAbsolutePath().getParent();
        String path = DocCommands.ROOT + ":" + binaries + ":" + System.getenv("PATH");
        Assumptions.assumeTrue(helm(path), "no helm on the PATH: the commands for an API server are not run");
        server.admin()
                .resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("node-a")
                        .endMetadata()
                        .build())
                .serverSideApply();
        Shell shell = new Shell(
                repository(folder),
                Map.of("KUBECONFIG", server.kubeconfig().toString(), "PATH", path, "CONCERTINA_BUILD", "never"));
        for (Block block : DocCommands.blocks("apiserver")) {
            Shell.Outcome serves = shell.run(SERVES, LIMIT);
            assertThat(serves.exitCode()).as(serves.output()).isZero();
            String script =
                    block.script().replaceAll("\\bNS\\b", "concertina").replaceAll("\\bNAME\\b", "shakespeare-moe");
            Shell.Outcome outcome = shell.run(script, LIMIT);
            System.out.println(block + outcome.output());
            assertThat(outcome.exitCode()).as("%s%s", block, outcome.output()).isZero();
        }
        assertThat(server.admin()
                        .resources(dev.concertina.crds.MoEDeployment.class)
                        .inNamespace("concertina")
                        .withName("shakespeare-moe")
                        .get()
                        .getSpec()
                        .width())
                .isEqualTo(2);
    }

    private static boolean helm(String path) {
        return Stream.of(path.split(":")).anyMatch(folder -> Files.isExecutable(Path.of(folder, "helm")));
    }

    /** The repository's files, and beside them those that a user brings. */
    private static Path repository(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(DocCommands.ROOT)) {
            for (Path file : all.toList()) {
                Files.createSymbolicLink(folder.resolve(file.getFileName()), file);
            }
        }
        Files.writeString(folder.resolve("client.properties"), "security.protocol=SASL_SSL\n");
        Files.writeString(folder.resolve("ca.pem"), "a certificate\n");
        return folder;
    }
}
