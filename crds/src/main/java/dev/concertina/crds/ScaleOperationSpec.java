package dev.concertina.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** One change of width; immutable. */
@ValidationRule(value = "self == oldSelf", message = "an operation does not change; create another")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ScaleOperationSpec(
        @Required @JsonPropertyDescription("Name of the MoEDeployment.")
        String deployment,

        @Required @Min(0) @JsonPropertyDescription("Width before.")
        int fromWidth,

        @Required @Min(0) @JsonPropertyDescription("Width after.")
        int toWidth,

        @Required @JsonPropertyDescription("Elastic.") String strategy,
        @Nullable @JsonPropertyDescription("Why.") String reason,

        @Nullable @JsonPropertyDescription("Who asked: user or autoscaler.")
        String requester) {}
