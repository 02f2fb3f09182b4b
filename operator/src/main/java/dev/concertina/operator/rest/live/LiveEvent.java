package dev.concertina.operator.rest.live;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** One thing that is new. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(
        name = "LiveEvent",
        description = "One thing that is new; the data of a server-sent event whose name is its type.")
public record LiveEvent(
        @Schema(description = "deployment, operation, placement, decision, load, agents, gone or alive.")
        String type,

        @Nullable @Schema(description = "Namespace of the object.")
        String namespace,

        @Nullable @Schema(description = "Name of the object; of decision and load, of their deployment.")
        String name,

        @Nullable
        @Schema(
                type = SchemaType.OBJECT,
                description = "The object, as the path for it answers it.",
                implementation = Object.class)
        Object object) {}
