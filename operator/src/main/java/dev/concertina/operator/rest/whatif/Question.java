package dev.concertina.operator.rest.whatif;

import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.PositiveOrZero;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What if. */
@Schema(name = "WhatIf", description = "A load and a width; what is left out is as it is now.")
public record Question(
        @Nullable @Min(1) @Max(1024) @Schema(description = "Ranks; default: what the scheduler chooses for the load.")
        Integer width,

        @Nullable @Valid @Schema(description = "Steady load; default: the load now.")
        Steady load) {

    /** A steady load. */
    @Schema(name = "SteadyLoad", description = "A load that stays as it is.")
    public record Steady(
            @NotNull(message = "give requests per second")
            @PositiveOrZero
            @DecimalMax("1000000")
            @Schema(description = "Requests that arrive per second.")
            Double requestsPerSecond,

            @NotNull(message = "give the mean prompt length")
            @PositiveOrZero
            @DecimalMax("10000000")
            @Schema(description = "Mean prompt tokens of a request.")
            Double promptTokens,

            @NotNull(message = "give the mean answer length")
            @Positive
            @DecimalMax("10000000")
            @Schema(description = "Mean generated tokens of a request.")
            Double generatedTokens) {}
}
