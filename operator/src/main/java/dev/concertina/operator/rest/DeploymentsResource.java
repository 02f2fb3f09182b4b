package dev.concertina.operator.rest;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.operator.decision.Decisions;
import dev.concertina.operator.rest.access.Needs;
import dev.concertina.operator.rest.change.Changes;
import dev.concertina.operator.rest.change.ETags;
import dev.concertina.operator.rest.problem.ProblemException;
import dev.concertina.operator.rest.view.DecisionView;
import dev.concertina.operator.rest.view.DeploymentView;
import dev.concertina.scheduler.load.LoadSnapshot;
import io.fabric8.kubernetes.client.KubernetesClient;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Deployments, what was decided for them and why. */
@Path("/api/v1/deployments")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Deployments", description = "Models that are served, and why they have the width they have.")
public class DeploymentsResource {
    private final KubernetesClient client;
    private final Leader leader;
    private final Changes changes;

    DeploymentsResource(KubernetesClient client, Leader leader, Changes changes) {
        this.client = client;
        this.leader = leader;
        this.changes = changes;
    }

    @GET
    @Needs(verb = "list", on = "moedeployments")
    @Operation(operationId = "listDeployments", summary = "All deployments, by namespace and name")
    public List<DeploymentView> list(
            @Parameter(
                            description =
                                    "Only those of this namespace; without it the right to list them everywhere is needed.")
                    @QueryParam("namespace")
                    @Nullable
                    String namespace) {
        var all = client.resources(MoEDeployment.class);
        List<MoEDeployment> items = namespace == null
                ? all.inAnyNamespace().list().getItems()
                : all.inNamespace(namespace).list().getItems();
        return items.stream()
                .filter(deployment -> deployment.getSpec() != null)
                .map(DeploymentView::of)
                .sorted(Comparator.comparing(DeploymentView::namespace).thenComparing(DeploymentView::name))
                .toList();
    }

    @GET
    @Path("/{namespace}/{name}")
    @Needs(verb = "get", on = "moedeployments")
    @Operation(operationId = "getDeployment", summary = "One deployment")
    @APIResponse(
            responseCode = "200",
            description = "The deployment",
            content = @Content(schema = @Schema(implementation = DeploymentView.class)))
    public Response get(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @HeaderParam(HttpHeaders.IF_NONE_MATCH) @Nullable String ifNoneMatch) {
        MoEDeployment deployment = changes.deployment(namespace, name);
        return ETags.answer(deployment, DeploymentView.of(deployment), ifNoneMatch);
    }

    @GET
    @Path("/{namespace}/{name}/decisions")
    @Needs(verb = "get", on = "moedeployments")
    @Operation(
            operationId = "listDecisions",
            summary = "Decisions with their reasons, the newest first",
            description =
                    "The leading operator remembers the last 3600 of each deployment. After it is replaced the list begins anew;"
                            + " the last change stays in status.lastDecision.")
    public List<DecisionView> decisions(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @Parameter(description = "Only those that chose another width than the one that served.")
                    @QueryParam("changes")
                    @DefaultValue("false")
                    boolean onlyChanges,
            @Parameter(description = "How many at most.") @QueryParam("limit") @DefaultValue("20") @Min(1) @Max(3600)
                    int limit) {
        changes.deployment(namespace, name);
        List<Decisions.Made> made = leader.control().decisions().list(namespace + "/" + name);
        return made.reversed().stream()
                .filter(one -> !onlyChanges || one.decision().width() != one.widthBefore())
                .limit(limit)
                .map(DecisionView::of)
                .toList();
    }

    @GET
    @Path("/{namespace}/{name}/load")
    @Needs(verb = "get", on = "moedeployments")
    @Operation(operationId = "getLoad", summary = "The load as the scheduler sees it now")
    @APIResponse(
            responseCode = "200",
            description = "Rates, queue, latencies, attainment, and what each expert takes",
            content = @Content(schema = @Schema(type = SchemaType.OBJECT)))
    public LoadSnapshot load(@PathParam("namespace") String namespace, @PathParam("name") String name) {
        changes.deployment(namespace, name);
        return leader.control()
                .loads()
                .snapshot(namespace + "/" + name, Instant.now())
                .orElseThrow(() -> ProblemException.notFound("no load is tracked for " + namespace + "/" + name
                        + "; it begins when the deployment is accepted"));
    }
}
