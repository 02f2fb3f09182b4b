package dev.concertina.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** A table (layer, expert) to ranks. */
@ValidationRule(value = "self == oldSelf", message = "a placement does not change; create another")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ExpertPlacementSpec(
        @Required @JsonPropertyDescription("Name of the MoEDeployment.")
        String deployment,

        @Required @Min(1) @JsonPropertyDescription("Epoch that publishes it.")
        long epoch,

        @Required @Min(1) @JsonPropertyDescription("Ranks, 0 to ranks-1.")
        int ranks,

        @Required
        @JsonPropertyDescription(
                "One string per layer: for each expert, separated by spaces, the ranks that hold it, separated by commas; for example '0 1 0,1 1'.")
        List<String> table) {}
