package dev.concertina.operator.rest;

import dev.concertina.operator.rest.access.Access;
import dev.concertina.operator.rest.access.AccessFilter;
import dev.concertina.operator.rest.access.Identity;
import dev.concertina.operator.rest.access.Needs;
import dev.concertina.operator.rest.access.Right;
import dev.concertina.operator.rest.change.Changes;
import dev.concertina.operator.rest.history.LoadHistory;
import dev.concertina.operator.rest.history.LoadPoint;
import dev.concertina.operator.rest.view.PermissionsView;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What a page needs before it shows a deployment: how it went lately, and what its reader may do. */
@Path("/api/v1/deployments/{namespace}/{name}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Deployments")
public class AboutResource {
    /** The calls that change something, by operationId, as {@link AccessFilter} judges them. */
    private static final Map<String, Needs> CHANGES = changing();

    private final Leader leader;
    private final Changes changes;
    private final LoadHistory history;
    private final Access access;

    AboutResource(Leader leader, Changes changes, LoadHistory history, Access access) {
        this.leader = leader;
        this.changes = changes;
        this.history = history;
        this.access = access;
    }

    private static Map<String, Needs> changing() {
        Map<String, Needs> found = new TreeMap<>();
        for (Method method : Stream.of(ActionsResource.class, OperationsResource.class)
                .flatMap(resource -> Arrays.stream(resource.getDeclaredMethods()))
                .toList()) {
            Needs needs = method.getAnnotation(Needs.class);
            Operation operation = method.getAnnotation(Operation.class);
            if (needs != null && operation != null && !method.isAnnotationPresent(GET.class)) {
                found.put(operation.operationId(), needs);
            }
        }
        return found;
    }

    @GET
    @Path("/history")
    @Needs(verb = "get", on = "moedeployments")
    @Operation(
            operationId = "getHistory",
            summary = "Load, latencies, attainment and width of the last half hour",
            description =
                    "A point every two seconds, oldest first, as the leading operator remembers them; after it is replaced the list"
                            + " begins anew.")
    public List<LoadPoint> history(@PathParam("namespace") String namespace, @PathParam("name") String name) {
        changes.deployment(namespace, name);
        leader.control();
        return history.of(namespace + "/" + name);
    }

    @GET
    @Path("/permissions")
    @Needs(verb = "get", on = "moedeployments")
    @Operation(
            operationId = "getPermissions",
            summary = "What the caller may change",
            description = "Asked of the API server (SubjectAccessReview), as each of the calls is.")
    public PermissionsView permissions(
            @PathParam("namespace") String namespace,
            @PathParam("name") String name,
            @Context ContainerRequestContext call) {
        Identity identity = AccessFilter.identity(call);
        return new PermissionsView(
                identity.user(),
                CHANGES.entrySet().stream()
                        .filter(change -> Arrays.stream(change.getValue().on())
                                .map(kind -> new Right(
                                        change.getValue().verb(),
                                        kind,
                                        namespace,
                                        kind.startsWith("moedeployments") ? name : ""))
                                .allMatch(right -> access.allowed(identity, right)))
                        .map(Map.Entry::getKey)
                        .toList());
    }
}
