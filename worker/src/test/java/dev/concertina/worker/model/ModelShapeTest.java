package dev.concertina.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelShapeTest {
    private static String config(String eos) {
        return """
                {"num_hidden_layers": 1, "hidden_size": 64, "num_attention_heads": 2, "head_dim": 32, "vocab_size": 300,
                 "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 64, "max_position_embeddings": 99
                 %s}""".formatted(eos);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' |",
                "', \"eos_token_id\": null' |",
                "', \"eos_token_id\": 7' | 7",
                "', \"eos_token_id\": [7, 9]' | 7 9"
            })
    void readsEndTokensInAnyForm(String eos, String expected) {
        Set<Integer> ids = ModelShape.of(config(eos)).eosIds();
        assertThat(ids)
                .containsExactlyInAnyOrderElementsOf(
                        expected == null
                                ? Set.of()
                                : Arrays.stream(expected.split(" "))
                                        .map(Integer::valueOf)
                                        .toList());
    }

    @Test
    void refusesEndTokensThatAreNone() {
        assertThatThrownBy(() -> ModelShape.of(config(", \"eos_token_id\": \"x\"")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("eos_token_id");
    }
}
