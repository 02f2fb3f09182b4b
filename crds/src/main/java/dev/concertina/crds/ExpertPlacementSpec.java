package dev.concertina.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** A table (layer, expert) to ranks. */
@JsonClassDescription("Which ranks hold which expert; never changed.")
@ValidationRule(value = "self == oldSelf", message = "a placement does not change; create another")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ExpertPlacementSpec(
        @Required @Size(min = 1, max = 253) @JsonPropertyDescription("Name of the MoEDeployment, in this namespace.")
        String deployment,

        @Required @Min(1) @JsonPropertyDescription("Epoch that publishes it; any for one that is pinned.")
        long epoch,

        @Required @Min(1) @Max(1024) @JsonPropertyDescription("How many ranks; they are 0 to ranks-1.")
        int ranks,

        @Required
        @Size(min = 1, max = 1024)
        @JsonPropertyDescription(
                "One string per layer: for each expert, separated by spaces, the ranks that hold it, separated by commas; for example '0 1 0,1 1'.")
        List<@Size(max = 65536) @Pattern("^[0-9]{1,4}(,[0-9]{1,4})*( [0-9]{1,4}(,[0-9]{1,4})*)*$") String> table) {}
