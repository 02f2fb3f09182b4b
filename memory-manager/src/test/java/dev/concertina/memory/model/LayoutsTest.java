package dev.concertina.memory.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.wire.Agents;
import dev.concertina.wire.ObjectId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Experts in the layouts of Hugging Face models, with the names and shapes that those have. */
class LayoutsTest {
    private static final int EXPERTS = 3;

    @TempDir
    Path folder;

    private final List<String> header = new ArrayList<>();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private final Random random = new Random(3);

    /** Adds a tensor of random bytes and returns them. */
    private byte[] tensor(String name, String dtype, int elementBytes, Integer... shape) {
        int bytes = elementBytes * Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        byte[] values = new byte[bytes];
        random.nextBytes(values);
        header.add("\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                .formatted(name, dtype, Arrays.toString(shape), data.size(), data.size() + bytes));
        data.writeBytes(values);
        return values;
    }

    private ModelLayout open(String experts) throws IOException {
        Files.writeString(
                folder.resolve("config.json"),
                "{" + experts + ", \"num_experts_per_tok\": 2, \"max_position_embeddings\": 64}");
        TinyModel.writeRaw(
                folder.resolve("model.safetensors"), "{" + String.join(",", header) + "}", data.toByteArray());
        return ModelLayout.open(folder);
    }

    private static byte[] read(ModelLayout layout, ObjectId object) throws IOException {
        MemorySegment segment = Arena.ofAuto().allocate(layout.bytes(object), 64);
        segment.fill((byte) 0x55); // gaps between tensors become zeros, or checksums of replicas would differ
        long[] at = {0};
        layout.read(object, segment, reached -> {
            assertThat(reached).isGreaterThan(at[0]);
            at[0] = reached;
        });
        assertThat(at[0]).isEqualTo(segment.byteSize());
        return segment.toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] packed(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(new byte[(64 - all.size() % 64) % 64]);
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] slice(byte[] fused, int expert) {
        int bytes = fused.length / EXPERTS;
        return Arrays.copyOfRange(fused, expert * bytes, (expert + 1) * bytes);
    }

    @Test
    void mixtral() throws IOException {
        byte[][][] matrices = new byte[EXPERTS][3][];
        byte[] router = tensor("model.layers.0.block_sparse_moe.gate.weight", "F16", 2, EXPERTS, 4);
        for (int e = 0; e < EXPERTS; e++) {
            String name = "model.layers.0.block_sparse_moe.experts." + e + ".";
            matrices[e][0] = tensor(name + "w1.weight", "F16", 2, 6, 4);
            matrices[e][2] = tensor(name + "w2.weight", "F16", 2, 4, 6);
            matrices[e][1] = tensor(name + "w3.weight", "F16", 2, 6, 4);
        }
        ModelLayout layout = open("\"num_local_experts\": 3");
        assertThat(read(layout, ObjectId.expert(0, 2))).isEqualTo(packed(matrices[2]));
        assertThat(read(layout, ObjectId.DENSE)).isEqualTo(router);
        assertThat(layout.description().gate().shape()).containsExactly(6, 4);
        assertThat(layout.description().down().offset()).isEqualTo(128);
    }

    @Test
    void deepSeekWithDenseFirstLayersSharedExpertsScalesAndAPredictingLayer() throws IOException {
        tensor("model.layers.0.mlp.gate_proj.weight", "F8_E4M3", 1, 8, 4);
        byte[][][] parts = new byte[EXPERTS][6][];
        for (int layer = 1; layer < 4; layer++) { // layer 3 predicts a second token
            tensor("model.layers." + layer + ".mlp.shared_experts.gate_proj.weight", "F8_E4M3", 1, 2, 4);
            tensor("model.layers." + layer + ".mlp.gate.e_score_correction_bias", "F32", 4, EXPERTS);
            for (int e = 0; e < EXPERTS; e++) {
                int part = 0;
                byte[][] own = new byte[6][];
                for (String matrix : List.of("gate_proj", "up_proj", "down_proj")) {
                    String name = "model.layers." + layer + ".mlp.experts." + e + "." + matrix;
                    own[part] = tensor(name + ".weight", "F8_E4M3", 1, 8, 4);
                    own[3 + part++] = tensor(name + ".weight_scale_inv", "F32", 4, 1, 1);
                }
                parts[e] = layer == 2 ? new byte[][] {own[0], own[1], own[2], own[5], own[3], own[4]} : parts[e];
            }
        }
        ModelLayout layout = open("\"n_routed_experts\": 3, \"num_hidden_layers\": 3, \"first_k_dense_replace\": 1");
        assertThat(layout.shape()).returns(2, Agents.Model::layers).returns(EXPERTS, Agents.Model::experts);
        assertThat(layout.description().moeLayers()).containsExactly(1, 2);
        assertThat(layout.description().dense().keySet())
                .contains("model.layers.1.mlp.shared_experts.gate_proj.weight", "model.layers.0.mlp.gate_proj.weight")
                .noneMatch(name -> name.contains("layers.3"));
        assertThat(layout.description().expert()).containsKey("up_proj.weight_scale_inv");
        assertThat(read(layout, ObjectId.expert(1, 1))).isEqualTo(packed(parts[1]));
    }

    @Test
    void gptOssWithPackedFourBitBlocks() throws IOException {
        String mlp = "model.layers.0.mlp.";
        tensor(mlp + "router.weight", "BF16", 2, EXPERTS, 8);
        byte[] upBias = tensor(mlp + "experts.gate_up_proj_bias", "BF16", 2, EXPERTS, 12);
        byte[] upBlocks = tensor(mlp + "experts.gate_up_proj_blocks", "U8", 1, EXPERTS, 12, 2, 16);
        byte[] upScales = tensor(mlp + "experts.gate_up_proj_scales", "U8", 1, EXPERTS, 12, 2);
        byte[] downBias = tensor(mlp + "experts.down_proj_bias", "BF16", 2, EXPERTS, 8);
        byte[] downBlocks = tensor(mlp + "experts.down_proj_blocks", "U8", 1, EXPERTS, 8, 1, 16);
        byte[] downScales = tensor(mlp + "experts.down_proj_scales", "U8", 1, EXPERTS, 8, 1);
        ModelLayout layout = open("\"num_local_experts\": 3");
        for (int e = 0; e < EXPERTS; e++) {
            assertThat(read(layout, ObjectId.expert(0, e)))
                    .isEqualTo(packed(
                            slice(downBias, e),
                            slice(downBlocks, e),
                            slice(downScales, e),
                            slice(upBias, e),
                            slice(upBlocks, e),
                            slice(upScales, e)));
        }
        assertThat(layout.description().expert().get("gate_up_proj_blocks").shape())
                .containsExactly(12, 2, 16);
        assertThat(layout.description().dense()).containsOnlyKeys(mlp + "router.weight");
        assertThatThrownBy(() -> layout.description().gate()).hasMessageContaining("gate_up_proj_blocks");
    }

    @Test
    void fusedAndUnquantisedBelowALanguageModel() throws IOException {
        String experts = "model.language_model.layers.4.mlp.experts.";
        byte[] up = tensor(experts + "gate_up_proj", "BF16", 2, EXPERTS, 8, 12);
        byte[] down = tensor(experts + "down_proj", "BF16", 2, EXPERTS, 6, 8);
        tensor("model.visual.blocks.0.mlp.linear_fc1.weight", "BF16", 2, 4, 4);
        Files.createDirectories(folder);
        Files.writeString(
                folder.resolve("config.json"),
                "{\"text_config\": {\"num_experts\": 3, \"num_hidden_layers\": 5, \"num_experts_per_tok\": 2,"
                        + " \"max_position_embeddings\": 64}}",
                StandardCharsets.UTF_8);
        TinyModel.writeRaw(
                folder.resolve("model.safetensors"), "{" + String.join(",", header) + "}", data.toByteArray());
        ModelLayout layout = ModelLayout.open(folder);
        assertThat(read(layout, ObjectId.expert(0, 1))).isEqualTo(packed(slice(down, 1), slice(up, 1)));
        assertThat(layout.description().moeLayers()).containsExactly(4);
    }

    @Test
    void whatIsNoWholeModelIsRefused() throws IOException {
        String experts = "model.layers.0.mlp.experts.";
        tensor(experts + "gate_up_proj", "BF16", 2, EXPERTS, 8, 12);
        assertThatThrownBy(() -> open("\"num_experts\": 3")).hasMessageContaining("gate, up and down are needed");
        tensor(experts + "down_proj", "BF16", 2, EXPERTS, 6, 8);
        assertThatThrownBy(() -> open("\"num_experts\": 4"))
                .hasMessageContaining("its first dimension must count the 4 experts");
        assertThat(open("\"num_experts\": 3").shape().experts()).isEqualTo(3);
        tensor(experts + "0.gate_proj.weight", "BF16", 2, 2, 2);
        assertThatThrownBy(() -> open("\"num_experts\": 3")).hasMessageContaining("expert 1 of layer 0 is not whole");
    }
}
