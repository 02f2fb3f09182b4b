package dev.concertina.operator.rest;

import dev.concertina.crds.ExpertPlacementSpec;
import dev.concertina.crds.ExpertPlacementStatus;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.crds.ScaleOperationSpec;
import dev.concertina.crds.ScaleOperationStatus;
import dev.concertina.operator.app.OperatorApplication;
import dev.concertina.operator.decision.Decisions;
import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.placement.Placements;
import dev.concertina.scheduler.load.LoadSnapshot;
import io.fabric8.kubernetes.client.KubernetesClient;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/deployments}, read-only. */
@Path("/api/v1/deployments")
@Produces(MediaType.APPLICATION_JSON)
public class DeploymentsResource {
    private final KubernetesClient client;
    private final OperatorApplication application;

    DeploymentsResource(KubernetesClient client, OperatorApplication application) {
        this.client = client;
        this.application = application;
    }

    /** One deployment. */
    public record DeploymentView(
            String namespace,
            String name,
            MoEDeploymentSpec spec,
            @Nullable MoEDeploymentStatus status) {}

    /** One operation. */
    public record OperationView(
            String name, ScaleOperationSpec spec, @Nullable ScaleOperationStatus status) {}

    /** One placement. */
    public record PlacementView(
            String name, ExpertPlacementSpec spec, @Nullable ExpertPlacementStatus status) {}

    /** Says in the body what is not there. */
    @ServerExceptionMapper
    public Response missing(NotFoundException problem) {
        return Response.status(Response.Status.NOT_FOUND)
                .type(MediaType.APPLICATION_JSON)
                .entity(Map.of("error", String.valueOf(problem.getMessage())))
                .build();
    }

    @GET
    public List<DeploymentView> list() {
        return client.resources(MoEDeployment.class).inAnyNamespace().list().getItems().stream()
                .map(DeploymentsResource::view)
                .toList();
    }

    @GET
    @Path("/{namespace}/{name}")
    public DeploymentView get(@PathParam("namespace") String namespace, @PathParam("name") String name) {
        return view(existing(namespace, name));
    }

    /** The decisions kept, oldest first. */
    @GET
    @Path("/{namespace}/{name}/decisions")
    public List<Decisions.Made> decisions(@PathParam("namespace") String namespace, @PathParam("name") String name) {
        existing(namespace, name);
        return application
                .control()
                .map(control -> control.decisions().list(namespace + "/" + name))
                .orElse(List.of());
    }

    /** The load now. */
    @GET
    @Path("/{namespace}/{name}/load")
    public LoadSnapshot load(@PathParam("namespace") String namespace, @PathParam("name") String name) {
        existing(namespace, name);
        return application
                .control()
                .flatMap(control -> control.loads().snapshot(namespace + "/" + name, Instant.now()))
                .orElseThrow(() -> new NotFoundException("no load is tracked for " + namespace + "/" + name));
    }

    @GET
    @Path("/{namespace}/{name}/operations")
    public List<OperationView> operations(@PathParam("namespace") String namespace, @PathParam("name") String name) {
        existing(namespace, name);
        return new Operations(client)
                .list(namespace, name).stream()
                        .map(operation -> new OperationView(
                                operation.getMetadata().getName(), operation.getSpec(), operation.getStatus()))
                        .toList();
    }

    /** The placement that serves. */
    @GET
    @Path("/{namespace}/{name}/placement")
    public PlacementView placement(@PathParam("namespace") String namespace, @PathParam("name") String name) {
        existing(namespace, name);
        return new Placements(client)
                .list(namespace, name).reversed().stream()
                        .filter(placement -> placement.getStatus() != null
                                && placement.getStatus().appliedEpoch() != null)
                        .findFirst()
                        .map(placement -> new PlacementView(
                                placement.getMetadata().getName(), placement.getSpec(), placement.getStatus()))
                        .orElseThrow(() ->
                                new NotFoundException("no placement of " + namespace + "/" + name + " serves yet"));
    }

    private MoEDeployment existing(String namespace, String name) {
        MoEDeployment deployment = client.resources(MoEDeployment.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
        if (deployment == null) {
            throw new NotFoundException("there is no MoEDeployment " + namespace + "/" + name);
        }
        return deployment;
    }

    private static DeploymentView view(MoEDeployment deployment) {
        return new DeploymentView(
                deployment.getMetadata().getNamespace(),
                deployment.getMetadata().getName(),
                deployment.getSpec(),
                deployment.getStatus());
    }
}
