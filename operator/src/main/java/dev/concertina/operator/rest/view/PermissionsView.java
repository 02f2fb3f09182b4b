package dev.concertina.operator.rest.view;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What a token may do with a deployment. */
@Schema(
        name = "Permissions",
        description = "What the caller may change, so that a page can offer that alone; each call is checked again.")
public record PermissionsView(
        @Schema(description = "Name of the user that the token belongs to.")
        String user,

        @Schema(description = "operationId of each call that RBAC grants, sorted.")
        List<String> allowed) {}
