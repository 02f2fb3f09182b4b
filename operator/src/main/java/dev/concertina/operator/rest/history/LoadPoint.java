package dev.concertina.operator.rest.history;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.concertina.scheduler.load.LoadSnapshot;
import java.time.Instant;
import java.util.OptionalDouble;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Load and width of one moment. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(
        name = "LoadPoint",
        description = "Load and width of one moment; what was unknown then is left out: no data is not no traffic.")
public record LoadPoint(
        @Schema(description = "When.") Instant at,
        @Schema(description = "Ranks that served.") int effectiveWidth,
        @Schema(description = "Ranks wanted.") int width,
        @Nullable @Schema(description = "Arrivals.") Double requestsPerSecond,

        @Nullable @Schema(description = "Prompt tokens of the arrivals.")
        Double promptTokensPerSecond,

        @Nullable @Schema(description = "Tokens that left.") Double generatedTokensPerSecond,

        @Nullable @Schema(description = "Requests in the gateways.")
        Integer inFlight,

        @Nullable @Schema(description = "Requests that wait for a rank.")
        Integer queued,

        @Nullable @Schema(description = "Median time to first token.")
        Double ttftP50Ms,

        @Nullable @Schema(description = "99th percentile of it.")
        Double ttftP99Ms,

        @Nullable @Schema(description = "Median time per output token.")
        Double tpotP50Ms,

        @Nullable @Schema(description = "99th percentile of it.")
        Double tpotP99Ms,

        @Nullable @Schema(description = "Share of requests within the objective, 0 to 1.")
        Double attainment,

        @Nullable @Schema(description = "Share of the KV pages in use, 0 to 1.")
        Double kvUse) {

    /** The point that a snapshot makes. */
    public static LoadPoint of(LoadSnapshot load, int effectiveWidth, int width) {
        boolean known = !load.missing();
        return new LoadPoint(
                load.at(),
                effectiveWidth,
                width,
                known ? load.requestsPerSecond() : null,
                known ? load.promptTokensPerSecond() : null,
                known ? load.generatedTokensPerSecond() : null,
                known ? load.inFlight() : null,
                known ? load.queued() : null,
                boxed(load.ttftP50Ms()),
                boxed(load.ttftP99Ms()),
                boxed(load.tpotP50Ms()),
                boxed(load.tpotP99Ms()),
                boxed(load.attainment()),
                boxed(load.kvUse()));
    }

    private static @Nullable Double boxed(OptionalDouble value) {
        return value.isPresent() ? value.getAsDouble() : null;
    }
}
