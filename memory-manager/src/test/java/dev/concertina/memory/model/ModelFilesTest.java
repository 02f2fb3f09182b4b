package dev.concertina.memory.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.testing.Fuzz;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelFilesTest {
    private static final Path SAMPLE = Path.of("../deploy/models/shakespeare-moe");

    @TempDir
    Path temp;

    @Test
    void readsTheSampleModel() throws IOException {
        try (ModelFiles model = ModelFiles.open(SAMPLE)) {
            assertThat(model.shape().layers()).isEqualTo(6);
            assertThat(model.shape().experts()).isEqualTo(16);
            assertThat(model.shape().topK()).isEqualTo(2);
            assertThat(model.shape().maxContext()).isEqualTo(1024);
            assertThat(model.shape().expertBytes()).isEqualTo(3 * 128 * 128 * 2);
            MemorySegment expert = model.segment(ObjectId.expert(0, 0));
            byte[] file = Files.readAllBytes(SAMPLE.resolve("model.safetensors"));
            int data = 8
                    + (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
            // gate_proj lies at 164096, up_proj after it, down_proj before
            assertThat(expert.asSlice(0, 65536)
                            .mismatch(MemorySegment.ofArray(file).asSlice(data + 164096, 65536)))
                    .isEqualTo(-1);
            assertThat(expert.asSlice(65536, 32768)
                            .mismatch(MemorySegment.ofArray(file).asSlice(data + 131328, 32768)))
                    .isEqualTo(-1);
            TensorView norm = model.description().dense().get("model.norm.weight");
            assertThat(norm.shape()).containsExactly(128);
            assertThat(model.segment(ObjectId.DENSE)
                            .asSlice(norm.offset(), 256)
                            .mismatch(MemorySegment.ofArray(file).asSlice(data + 10186496, 256)))
                    .isEqualTo(-1);
        }
    }

    @Test
    void truncatedFileIsOneClearSentence() throws IOException {
        Files.copy(SAMPLE.resolve("config.json"), temp.resolve("config.json"));
        byte[] whole = Files.readAllBytes(SAMPLE.resolve("model.safetensors"));
        for (int length : new int[] {0, 7, 100, 20_000, whole.length - 1}) {
            Files.write(temp.resolve("model.safetensors"), java.util.Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> ModelFiles.open(temp))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining("is truncated");
        }
    }

    @Test
    void shardsAreReadAsOne() throws IOException {
        TinyModel.writeSharded(temp);
        try (ModelFiles model = ModelFiles.open(temp)) {
            assertThat(model.shape().layers()).isEqualTo(1);
            assertThat(model.description().moeLayers()).containsExactly(1);
            assertThat(model.segment(ObjectId.expert(0, 1)).get(java.lang.foreign.ValueLayout.JAVA_FLOAT, 0))
                    .isEqualTo(10f);
        }
        Files.delete(temp.resolve("two.safetensors"));
        assertThatThrownBy(() -> ModelFiles.open(temp)).hasMessageContaining("two.safetensors is missing");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | 4 | needs 8",
                "{\"a\":{\"dtype\":\"F3\",\"shape\":[2],\"data_offsets\":[0,4]}} | 4 | unknown dtype",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}} | 4 | impossible dimension",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}} | 6 | overlap",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}} | 6 | gap",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}} | 9 | after its last",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}} | 8 | uplicate",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[2147483647,2147483647,2147483647,8],\"data_offsets\":[0,4]}} | 4 | impossible shape",
                "{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,2]}} | 2 | impossible shape [3] of F4",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,0]}} | 4 | needs 4",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,9223372036854775807]}} | 4 | impossible offset",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}} | 4 | is truncated",
                "[1] | 0 | not a JSON object",
                "{\"a\": | 0 | broken header",
            })
    void badHeadersAreRefused(String header, int dataBytes, String reason) throws IOException {
        TinyModel.writeRaw(temp.resolve("model.safetensors"), header, new byte[dataBytes]);
        assertThatThrownBy(() -> Safetensors.read(temp.resolve("model.safetensors")))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining(reason);
    }

    /** Damaged headers, cut files, wrong lengths: refused in one sentence, or read as what they have become. */
    @Test
    void randomBytesNeverDoMoreThanBeRefused() throws IOException {
        Path file = temp.resolve("fuzz.safetensors");
        byte[] sample = Arrays.copyOf(Files.readAllBytes(SAMPLE.resolve("model.safetensors")), 4000);
        TinyModel.writeRaw(
                file,
                "{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"BF16\",\"shape\":[4,8],\"data_offsets\":[0,64]},"
                        + "\"b\":{\"dtype\":\"U8\",\"shape\":[16],\"data_offsets\":[64,80]}}",
                new byte[80]);
        byte[] tiny = Files.readAllBytes(file);
        int accepted = 0;
        for (int seed = 0; seed < Fuzz.cases(); seed++) {
            Random random = new Random(seed);
            byte[] bytes = Fuzz.damaged(seed % 4 == 0 ? sample : tiny, random);
            if (random.nextInt(6) == 0 && bytes.length > 8) {
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, random.nextInt(6000));
            }
            Files.write(file, bytes);
            try {
                List<StoredTensor> tensors = Safetensors.read(file);
                long end = 8
                        + ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
                for (StoredTensor tensor : tensors) {
                    assertThat(tensor.position()).isEqualTo(end);
                    end += tensor.bytes();
                }
                assertThat(end).isEqualTo(bytes.length);
                accepted++;
            } catch (InvalidModelException e) {
                assertThat(e).hasMessageContaining(file.toString());
            }
        }
        assertThat(accepted).isBetween(1, Fuzz.cases() - 1);
    }

    @Test
    void headerLengthIsCapped() throws IOException {
        Path file = temp.resolve("model.safetensors");
        ByteBuffer bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(0, -1);
        Files.write(file, bytes.array());
        assertThatThrownBy(() -> Safetensors.read(file)).hasMessageContaining("18446744073709551615");
    }

    @Test
    void modelsOutsideTheRootsAreRefused() throws IOException {
        Path root = Files.createDirectory(temp.resolve("root"));
        Path inside = Files.createDirectory(root.resolve("inside"));
        Path outside = Files.createDirectory(temp.resolve("outside"));
        Files.createSymbolicLink(root.resolve("link"), outside);
        ModelRoots roots = new ModelRoots(List.of(root));
        assertThat(roots.folder("file://" + inside)).isEqualTo(inside.toRealPath());
        assertThatThrownBy(() -> roots.folder(root + "/link")).hasMessageContaining("CONCERTINA_MODELS");
        assertThatThrownBy(() -> roots.folder(root + "/../outside")).hasMessageContaining("CONCERTINA_MODELS");
        assertThatThrownBy(() -> roots.folder(root + "/nothing")).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> roots.folder("root")).hasMessageContaining("not absolute");
    }

    @Test
    void missingExpertIsNamed() throws IOException {
        TinyModel.writeSharded(temp);
        Files.writeString(
                temp.resolve("config.json"),
                Files.readString(temp.resolve("config.json")).replace("\"num_experts\": 2", "\"num_experts\": 3"),
                StandardCharsets.UTF_8);
        assertThatThrownBy(() -> ModelFiles.open(temp)).hasMessageContaining("expert 2 of layer 1 is not whole");
    }
}
