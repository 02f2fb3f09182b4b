package dev.concertina.e2e.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class InspectCommandTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return new CommandLine(new InspectCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    private String file(String table) throws IOException {
        return Files.writeString(folder.resolve("placement.yaml"), """
                apiVersion: concertina.dev/v1alpha1
                kind: ExpertPlacement
                metadata: {name: x-e3}
                spec: {deployment: x, epoch: 3, ranks: 2, table: %s}
                status: {appliedEpoch: 3, imbalance: 1.05, imbalancePerLayer: [1.1, 1.0], expertsMoved: 2}
                """.formatted(table))
                .toString();
    }

    @Test
    void aPlacementIsReadable() throws IOException {
        assertThat(run("placement", "--file", file("['0 0 0,1 1', '1 0 1 0']"))).isZero();
        assertThat(out.toString().lines().toList())
                .containsExactly(
                        "x-e3 of x, epoch 3, in use since that epoch",
                        "2 layers of 4 experts on 2 ranks; 1 replica(s); 2 experts came from elsewhere; max/mean load 1.050",
                        "",
                        "rank    experts  per layer",
                        "0             5  2 to 3",
                        "1             4  2",
                        "",
                        "layer   max/mean  experts per rank replicas",
                        "0          1.100  2 to 3           2 on 0+1",
                        "1          1.000  2                none");
    }

    @Test
    void aLayerIsShownRankByRank() throws IOException {
        assertThat(run("placement", "--layer", "0", "--file", file("['0 0 0,1 1', '1 0 1 0']")))
                .isZero();
        assertThat(out.toString().lines().toList())
                .containsExactly("rank    experts  which, in layer 0", "0             3  0-2", "1             2  2-3");
        assertThat(PlacementText.ranges(List.of(0, 1, 2, 7, 9, 10))).isEqualTo("0-2 7 9-10");
    }

    @Test
    void whatCannotBeShownIsSaidInASentence() throws IOException {
        assertThat(run("placement", "--layer", "9", "--file", file("['0 1']"))).isEqualTo(2);
        assertThat(err.toString()).contains("there is no layer 9; they are 0 to 0");
        assertThat(run("placement", "--file", file("['zero one']"))).isEqualTo(2);
        assertThat(err.toString()).contains("table line 0: 'zero' is not a list of ranks");
        assertThat(run("placement")).isEqualTo(2);
        assertThat(err.toString()).contains("name an ExpertPlacement or a MoEDeployment");
    }
}
