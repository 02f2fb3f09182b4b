package dev.concertina.operator.rest;

import dev.concertina.operator.rest.access.Needs;
import dev.concertina.operator.rest.view.AgentViews;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Agents and their memory. */
@Path("/api/v1/agents")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Agents", description = "Node agents, their accelerators and what lies in their memory.")
public class AgentsResource {
    private static final Duration FRESH = Duration.ofSeconds(1);
    private final Leader leader;

    AgentsResource(Leader leader) {
        this.leader = leader;
    }

    @GET
    @Needs(verb = "list", on = "moedeployments", everywhere = true)
    @Operation(
            operationId = "listAgents",
            summary = "All agents, their accelerators and their memory",
            description = "Accelerators are shared, so the right to list deployments in all namespaces is needed.")
    public List<AgentViews.Agent> list() {
        return leader.control().fleet().recent(FRESH).agents().stream()
                .map(AgentViews::of)
                .toList();
    }
}
