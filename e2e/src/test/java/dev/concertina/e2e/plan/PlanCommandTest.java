package dev.concertina.e2e.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.wire.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class PlanCommandTest {
    @TempDir
    private Path dir;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(dir.resolve(name), text);
    }

    private static int plan(Object... arguments) {
        String[] words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = String.valueOf(arguments[i]);
        }
        return new CommandLine(new PlanCommand()).execute(words);
    }

    /** A .npz with one array of bytes. */
    private Path npz(String array, String header, byte[] data) throws IOException {
        ByteArrayOutputStream npy = new ByteArrayOutputStream();
        npy.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
        npy.write(header.length());
        npy.write(0);
        npy.write(header.getBytes(StandardCharsets.US_ASCII));
        npy.write(data);
        Path file = dir.resolve("routing.npz");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry(array + ".npy"));
            zip.write(npy.toByteArray());
        }
        return file;
    }

    @Test
    void everyFigureOfTheJsonCanBeComputedAgain() throws IOException {
        double[][] load = {{10, 1, 1, 4, 2, 6}, {1, 1, 1, 1, 1, 7}};
        Path csv = file("load.csv", "10,1,1,4,2,6\n1,1,1,1,1,7\n");
        Path json = dir.resolve("plan.json");
        Path svg = dir.resolve("plan.svg");
        Path html = dir.resolve("plan.html");
        int code = plan(
                "--load",
                csv,
                "--accelerators",
                4,
                "--per-node",
                2,
                "--slots",
                2,
                "--json",
                json,
                "--svg",
                svg,
                "--html",
                html);
        assertThat(code).isZero();
        JsonNode plan = Json.mapper().readTree(json.toFile());
        for (int layer = 0; layer < 2; layer++) {
            JsonNode slots = plan.path("placement").get(layer);
            assertThat(slots).hasSize(8);
            int[] copies = new int[6];
            for (JsonNode slot : slots) {
                copies[slot.asInt()]++;
            }
            double[] on = new double[4];
            double total = 0;
            for (int slot = 0; slot < 8; slot++) {
                int expert = slots.get(slot).asInt();
                on[slot / 2] += load[layer][expert] / copies[expert];
                total += load[layer][expert] / copies[expert];
            }
            double max = Math.max(Math.max(on[0], on[1]), Math.max(on[2], on[3]));
            assertThat(plan.path("max_over_mean").get(layer).asDouble()).isCloseTo(max * 4 / total, within(1e-6));
        }
        assertThat(Files.readString(svg)).startsWith("<svg").contains("layer 1, accelerator 3");
        assertThat(Files.readString(html)).contains("EPLB by nodes", "<svg");
        // from where it is, nothing moves
        Path again = dir.resolve("again.json");
        assertThat(plan(
                        "--load",
                        csv,
                        "--accelerators",
                        4,
                        "--per-node",
                        2,
                        "--slots",
                        2,
                        "--current",
                        json,
                        "--json",
                        again))
                .isZero();
        assertThat(Json.mapper().readTree(again.toFile()).path("moved_bytes").asLong(-1))
                .isZero();
    }

    @Test
    void routingIsCounted() throws IOException {
        // 2 tokens, 2 layers, 2 choices
        Path npz = npz("expert_ids", "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2), }\n", new byte[] {
            0, 1, 2, 3, 0, 2, 2, 1
        });
        RoutingFile routing = RoutingFile.read(npz, 0);
        boolean[] all = routing.domain("");
        assertThat(routing.load(all)).isDeepEqualTo(new double[][] {{2, 1, 1, 0}, {0, 1, 2, 1}});
        assertThat(routing.transitions(all)[0][0]).containsExactly(0, 1, 2, 1);
        assertThatThrownBy(() -> RoutingFile.read(npz, 3))
                .hasMessageContaining("row 0, layer 1 names expert 3.0; there are 3");
        Path json = dir.resolve("plan.json");
        assertThat(plan("--routing", npz, "--accelerators", 2, "--per-node", 2, "--slots", 2, "--json", json))
                .isZero();
        assertThat(Json.mapper()
                        .readTree(json.toFile())
                        .path("scores")
                        .get(0)
                        .path("communication")
                        .isNumber())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1,2;3,NaN|row 2: expert 1 is NaN",
                "1,2;3,-4|row 2: expert 1 is -4",
                "1,2;3|row 2 has 1 columns",
                "1,2;3,x|row 2: expert 1 is 'x', not a number",
                "layer,expert,load;0,0,1;0,0,2|row 3 names expert 0 of layer 0 a second time",
                "layer,expert,load;0,1.5,1|row 2: expert '1.5'",
                "layer,expert,load;0,0,1;1,1,1|no row names expert 1 of layer 0",
                "''|has no rows"
            })
    void badLoadsAreRefusedWithTheirRow(String rows, String message) throws IOException {
        Path csv = file("load.csv", rows.replace(";", "\n"));
        assertThatThrownBy(() -> LoadFile.read(csv))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(message);
        assertThat(plan("--load", csv, "--accelerators", 1, "--per-node", 1, "--slots", 2))
                .isEqualTo(2);
    }

    @Test
    void badPlacementsAndCapacitiesAreRefused() throws IOException {
        Path csv = file("load.csv", "layer,expert,load\n0,0,1\n0,1,2\n0,2,1\n");
        assertThat(plan("--load", csv, "--accelerators", 2, "--per-node", 1, "--slots", 1))
                .isEqualTo(2);
        Path unknown = file("current.json", "{\"placement\": [[0, 1, 2, 7]]}");
        assertThatThrownBy(() -> SlotTable.read(unknown, 1, 3, 2))
                .hasMessageContaining("row 0 of 'placement', slot 3 names expert 7");
        Path ragged = file("ragged.json", "{\"placement\": [[0, 1, 2]]}");
        assertThatThrownBy(() -> SlotTable.read(ragged, 1, 3, 2))
                .hasMessageContaining("row 0 of 'placement' has 3 slots");
        Path lost = file("lost.json", "[[0, 1, 1, 0]]");
        assertThatThrownBy(() -> SlotTable.read(lost, 1, 3, 2)).hasMessageContaining("no slot with expert 2");
        Path text = file("text.npz", "no archive");
        assertThatThrownBy(() -> RoutingFile.read(text, 0)).hasMessageContaining("is no .npz archive");
        Path cut = npz("expert_ids", "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2), }\n", new byte[3]);
        assertThatThrownBy(() -> RoutingFile.read(cut, 0))
                .hasMessageContaining("has 3 bytes of data, its shape needs 8");
    }
}
