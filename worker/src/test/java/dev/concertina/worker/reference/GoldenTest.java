package dev.concertina.worker.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.worker.kernels.Kernels;
import dev.concertina.worker.kernels.ScalarKernels;
import dev.concertina.worker.testing.SampleModel;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One process against Hugging Face Transformers' outputs. */
class GoldenTest {
    private static ReferenceRun run(Kernels kernels) throws IOException {
        return ReferenceRun.open(SampleModel.FOLDER, kernels);
    }

    static List<SampleModel.Golden> goldens() {
        return SampleModel.goldens();
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void sameTokensLogitsAndRoutes(SampleModel.Golden golden) throws IOException {
        ReferenceRun run = run(Kernels.best());
        float[] logits = run.logitsAfter(golden.prompt_ids());
        for (int id = 0; id < logits.length; id++) {
            assertThat(logits[id]).isCloseTo(golden.last_logits()[id], org.assertj.core.data.Offset.offset(2e-3f));
        }
        assertThat(run.generate(golden.prompt_ids(), golden.greedy_ids().length))
                .isEqualTo(golden.greedy_ids());
        int[][][] routes = run.routes(golden.prompt_ids());
        for (int layer = 0; layer < routes.length; layer++) {
            for (int position = 0; position < routes[layer].length; position++) {
                Arrays.sort(routes[layer][position]);
                int[] expected = golden.prompt_routes()[layer][position].clone();
                Arrays.sort(expected);
                assertThat(routes[layer][position]).isEqualTo(expected);
            }
        }
    }

    @Test
    void scalarTwinGivesTheSameBits() throws IOException {
        int[] prompt = SampleModel.goldens().get(3).prompt_ids();
        assertThat(run(new ScalarKernels()).logitsAfter(prompt))
                .isEqualTo(run(Kernels.best()).logitsAfter(prompt));
    }

    @Test
    void decodingGivesTheSameBitsAsPrefill() throws IOException {
        SampleModel.Golden golden = SampleModel.goldens().get(1);
        ReferenceRun run = run(Kernels.best());
        int[] all = Arrays.copyOf(golden.prompt_ids(), golden.prompt_ids().length + 96);
        System.arraycopy(golden.greedy_ids(), 0, all, golden.prompt_ids().length, 96);
        for (int cut : new int[] {1, 33, 64, 65, 128}) {
            int[] ids = Arrays.copyOf(all, cut);
            float[] prefilled = run.logitsAfter(ids);
            assertThat(run.logitsAfter(ids, 1)).isEqualTo(prefilled);
            assertThat(run.logitsAfter(ids, 7)).isEqualTo(prefilled);
        }
    }
}
