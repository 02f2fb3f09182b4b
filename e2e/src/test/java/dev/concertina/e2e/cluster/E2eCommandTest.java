package dev.concertina.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What a user meets who has no cluster, or not the tools: one sentence and exit code 2. */
class E2eCommandTest {
    @TempDir
    Path folder;

    @Test
    void aMissingKubeconfigIsNamed() {
        Path missing = folder.resolve("config");
        assertThat(said("--kubeconfig", missing.toString())).contains("there is no kubeconfig " + missing);
    }

    @Test
    void aMissingToolIsNamed() throws Exception {
        Path config = Files.writeString(folder.resolve("config"), "");
        assertThat(said("--kubeconfig", config.toString(), "--kubectl", "/no/kubectl"))
                .contains("--kubectl names /no/kubectl");
    }

    @Test
    void aClusterThatDoesNotAnswerIsNamed() throws Exception {
        Path config = Files.writeString(folder.resolve("config"), """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
                contexts: [{name: c, context: {cluster: c, user: u}}]
                users: [{name: u, user: {}}]
                current-context: c
                """);
        assertThat(said("--kubeconfig", config.toString(), "--kubectl", "/bin/true", "--helm", "/bin/true"))
                .contains("does not answer at http://127.0.0.1:1");
    }

    @Test
    void aRunThroughCommitsNeedsARepository() throws Exception {
        Path config = Files.writeString(folder.resolve("config"), "");
        assertThat(said("--kubeconfig", config.toString(), "--argocd")).contains("--argocd needs --git REPOSITORY");
    }

    private static String said(String... arguments) {
        StringWriter said = new StringWriter();
        CommandLine command = new CommandLine(new E2eCommand()).setErr(new PrintWriter(said, true));
        List<String> all = new ArrayList<>(List.of("--home", ".."));
        all.addAll(List.of(arguments));
        assertThat(command.execute(all.toArray(String[]::new))).isEqualTo(2);
        assertThat(said.toString().lines()).as("one sentence").hasSize(1);
        return said.toString();
    }
}
