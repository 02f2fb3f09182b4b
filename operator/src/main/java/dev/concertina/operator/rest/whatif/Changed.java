package dev.concertina.operator.rest.whatif;

import com.fasterxml.jackson.annotation.JsonInclude;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What to replay. */
@Schema(name = "Replay", description = "A period, and what is to be different in the policy.")
public record Changed(
        @Nullable @Schema(description = "Begin; default: the oldest decision kept.")
        Instant from,

        @Nullable @Schema(description = "End; default: now.")
        Instant to,

        @Nullable @Valid @Schema(description = "Fields of spec.scaling that are different.")
        Scaling scaling,

        @Nullable @Valid @Schema(description = "Fields of spec.slo that are different.")
        Slo slo) {
    private static final String DURATION = "^([0-9]{1,6}(ms|s|m|h))+$";
    private static final String SUCH_AS = "write a duration such as 500ms, 10s or 1m30s";

    /** Fields of {@code spec.scaling}. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(name = "ReplayScaling", description = "Fields of spec.scaling; what is left out is as it is.")
    public record Scaling(
            @Nullable @Min(1) @Max(1024) @Schema(description = "Smallest width.")
            Integer minWidth,

            @Nullable @Min(1) @Max(1024) @Schema(description = "Largest width.")
            Integer maxWidth,

            @Nullable @Min(1) @Max(1024) @Schema(description = "Most ranks changed at once.")
            Integer maxStep,

            @Nullable
            @Pattern(regexp = DURATION, message = SUCH_AS)
            @Schema(description = "A wider width must be wanted for this long.", examples = "2s")
            String scaleUpStabilization,

            @Nullable
            @Pattern(regexp = DURATION, message = SUCH_AS)
            @Schema(description = "A narrower width must be wanted for this long.", examples = "60s")
            String scaleDownStabilization) {}

    /** Fields of {@code spec.slo}. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(name = "ReplaySlo", description = "Fields of spec.slo; what is left out is as it is.")
    public record Slo(
            @Nullable
            @Pattern(regexp = DURATION, message = SUCH_AS)
            @Schema(description = "Time to first token.", examples = "1s")
            String timeToFirstToken,

            @Nullable
            @Pattern(regexp = DURATION, message = SUCH_AS)
            @Schema(description = "Time per output token.", examples = "100ms")
            String timePerOutputToken,

            @Nullable @DecimalMin("0") @DecimalMax("1") @Schema(description = "Share of requests that must meet both.")
            Double attainment) {}
}
