package dev.concertina.operator.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.concertina.crds.Api;
import dev.concertina.crds.MoEDeployment;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Objects made under an older CRD stay readable and writable when the CRD of this build takes its place. */
class UpgradeTest {
    private static final Path SNAPSHOT = Path.of("../crds/src/test/resources/previous");
    private static final Path VALID = Path.of("src/test/resources/custom-resources/valid");

    private RealApiServer server;

    @BeforeEach
    void start() throws IOException {
        server = RealApiServer.get();
    }

    @AfterEach
    void putTheCurrentDefinitionsBack() {
        if (server != null) {
            server.install(
                    Api.CRD_RESOURCES.stream().map(RealApiServer::resource).toList());
        }
    }

    @Test
    void fromTheCommittedSnapshot() throws Exception {
        List<CustomResourceDefinition> old = new ArrayList<>();
        try (Stream<Path> files = Files.list(SNAPSHOT)) {
            for (Path file : files.sorted().toList()) {
                old.add(Serialization.unmarshal(Files.readString(file), CustomResourceDefinition.class));
            }
        }
        upgrade("upgrade-snapshot", old);
    }

    @Test
    void fromTheCommitBefore() throws Exception {
        List<CustomResourceDefinition> old = new ArrayList<>();
        for (String resource : Api.CRD_RESOURCES) {
            Process git = new ProcessBuilder("git", "show", "HEAD~1:crds/src/main/resources/" + resource)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String yaml = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (git.waitFor() != 0) {
                String reason = "git knows no commit before this one";
                System.out.println("skipped: " + reason);
                abort(reason);
            }
            old.add(Serialization.unmarshal(yaml, CustomResourceDefinition.class));
        }
        upgrade("upgrade-commit", old);
    }

    private void upgrade(String namespace, List<CustomResourceDefinition> old) throws Exception {
        server.namespace(namespace);
        server.install(old);
        List<HasMetadata> before = new ArrayList<>();
        // without strict validation: a field that is younger than the old definition is dropped by it
        for (HasMetadata object : examples()) {
            object.getMetadata().setNamespace(namespace);
            before.add(server.admin().resource(object).create());
        }
        // what only the old rules allowed
        HasMetadata lax = RealApiServer.parse("""
                apiVersion: concertina.dev/v1alpha1
                kind: MoEDeployment
                metadata: {name: lax, namespace: %s}
                spec: {model: {source: /models/x}, accelerator: {kvCache: 64MiB-or-so}}
                """.formatted(namespace));
        try {
            before.add(server.admin().resource(lax).create());
        } catch (KubernetesClientException e) {
            assertThat(e.getMessage())
                    .as("refused by the definition before, too")
                    .contains("kvCache");
        }
        server.install(Api.CRD_RESOURCES.stream().map(RealApiServer::resource).toList());
        for (HasMetadata object : before) {
            HasMetadata now = server.admin().resource(object).get();
            assertThat(now).as(object.getMetadata().getName()).isNotNull();
            if (now instanceof MoEDeployment deployment) {
                assertThat(deployment.getSpec()).isEqualTo(((MoEDeployment) object).getSpec());
                scale(namespace, deployment.getMetadata().getName());
            }
        }
    }

    /** A change of one field passes although another field breaks a younger rule. The server takes a moment to switch definitions. */
    private void scale(String namespace, String name) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            RealApiServer.Output output =
                    server.kubectl(null, "scale", "-n", namespace, "moed/" + name, "--replicas=6");
            assertThat(output.exit()).as(output.text()).isZero();
        });
    }

    private List<HasMetadata> examples() throws IOException {
        List<HasMetadata> examples = new ArrayList<>();
        try (Stream<Path> files = Files.list(VALID)) {
            for (Path file : files.sorted().toList()) {
                examples.add(RealApiServer.parse(Files.readString(file)));
            }
        }
        return examples;
    }
}
