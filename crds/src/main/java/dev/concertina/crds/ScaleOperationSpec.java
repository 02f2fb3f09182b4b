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
import org.jspecify.annotations.Nullable;

/** One change of width; immutable. */
@JsonClassDescription("What to do; the operator writes it once, and it never changes.")
@ValidationRule(
        value = "!has(self.moving) || size(self.moving) == 0 || self.fromWidth == self.toWidth",
        message = "ranks move to other accelerators only while the width stays")
@ValidationRule(value = "self == oldSelf", message = "an operation does not change; create another")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ScaleOperationSpec(
        @Required @Size(min = 1, max = 253) @JsonPropertyDescription("Name of the MoEDeployment, in this namespace.")
        String deployment,

        @Required @Min(0) @Max(1024) @JsonPropertyDescription("Width before, in ranks; 0 at the first start.")
        int fromWidth,

        @Required
        @Min(0)
        @Max(1024)
        @JsonPropertyDescription("Width after, in ranks; the same as before for a repair or a move.")
        int toWidth,

        @Required @Pattern("^Elastic$") @JsonPropertyDescription("How; Elastic: remap and copy while serving.")
        String strategy,

        @Nullable @Size(max = 4096) @JsonPropertyDescription("Why, one sentence.")
        String reason,

        @Nullable @Size(max = 64) @JsonPropertyDescription("Who asked: user, autoscaler, repair, drain or placement.")
        String requester,

        @Nullable
        @Size(max = 1024)
        @JsonPropertyDescription(
                "Ranks that go to another accelerator, since their node is being drained. Default: none.")
        List<@Min(0) @Max(1023) Integer> moving) {}
