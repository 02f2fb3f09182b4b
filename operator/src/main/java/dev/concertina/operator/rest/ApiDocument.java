package dev.concertina.operator.rest;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;

/** What holds for every path of the document: how to authenticate, which problems there are, what the parameters mean. */
@OpenApiFilter(OpenApiFilter.RunStage.BUILD)
public class ApiDocument implements OASFilter {
    private static final String SECURITY = "bearer";
    private static final String PROBLEM = "Problem";
    private static final String PROBLEM_TYPE = "application/problem+json";

    private static final String NAMESPACE = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$";
    private static final String NAME = "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$";

    private static final Map<String, String> ALWAYS = new TreeMap<>(Map.of(
            "400", "A parameter or the body is wrong; the field is named",
            "401", "No token, or one that the API server does not know",
            "403", "RBAC does not grant the right that the problem names",
            "429", "Too many calls; Retry-After says when to come back",
            "503", "The API server or the leading operator does not answer"));
    private static final Map<String, String> WRITING = new TreeMap<>(Map.of(
            "409", "The state does not allow it now",
            "412", "If-Match names another version",
            "413", "The body is too large",
            "415", "The body is not JSON",
            "422", "Well formed, and yet it cannot be done"));
    private static final Map<String, String> PARAMETERS = Map.of(
            "namespace", "Namespace.",
            "name", "Name of the MoEDeployment.",
            "operation", "Name of the ScaleOperation.",
            "placement", "Name of the ExpertPlacement.",
            "If-Match", "ETag of the version that was read; 412 when there is another by now.",
            "If-None-Match", "ETag of the version at hand; 304 when there is no other.");

    @Override
    public void filterOpenAPI(OpenAPI document) {
        if (document.getPaths() == null) { // the filter also sees the document's empty parts
            return;
        }
        document.setInfo(OASFactory.createInfo()
                .title("Concertina admin API")
                .version("v1")
                .description(
                        "List, ask, decide and watch, beside kubectl and Git. Errors are problem details (RFC 9457).")
                .license(OASFactory.createLicense().name("Apache-2.0").identifier("Apache-2.0")));
        document.setServers(List.of(OASFactory.createServer()
                .url("http://localhost:8090")
                .description("The operator's service, port 8090 (8443 with TLS), forwarded")));
        if (document.getComponents() == null) {
            document.setComponents(OASFactory.createComponents());
        }
        document.getComponents()
                .addSecurityScheme(
                        SECURITY,
                        OASFactory.createSecurityScheme()
                                .type(SecurityScheme.Type.HTTP)
                                .scheme("bearer")
                                .description("A Kubernetes bearer token; rights are those of Kubernetes RBAC."));
        document.setSecurity(List.of(OASFactory.createSecurityRequirement().addScheme(SECURITY)));
        document.getPaths()
                .getPathItems()
                .forEach((path, item) ->
                        item.getOperations().forEach((method, operation) -> complete(path, method, operation)));
    }

    private static void complete(String path, PathItem.HttpMethod method, Operation operation) {
        ALWAYS.forEach((status, description) -> problem(operation, status, description));
        if (path.contains("{name}")) {
            problem(operation, "404", "There is no such object");
        }
        if (method != PathItem.HttpMethod.GET) {
            WRITING.forEach((status, description) -> problem(operation, status, description));
        } else if (parameter(operation, "If-None-Match")) {
            operation
                    .getResponses()
                    .addAPIResponse("304", OASFactory.createAPIResponse().description("Unchanged"));
        }
        if (method == PathItem.HttpMethod.POST && !parameter(operation, "Idempotency-Key")) {
            operation.addParameter(OASFactory.createParameter()
                    .name("Idempotency-Key")
                    .in(Parameter.In.HEADER)
                    .schema(OASFactory.createSchema()
                            .addType(Schema.SchemaType.STRING)
                            .minLength(1)
                            .maxLength(255))
                    .description("A call repeated with the same key is done once; kept for an hour."));
        }
        if (operation.getParameters() != null) {
            operation.getParameters().forEach(parameter -> {
                String description = PARAMETERS.get(parameter.getName());
                if (description != null && parameter.getDescription() == null) {
                    parameter.setDescription(description);
                }
                if (parameter.getIn() == Parameter.In.PATH || "namespace".equals(parameter.getName())) {
                    parameter.getSchema().setPattern("namespace".equals(parameter.getName()) ? NAMESPACE : NAME);
                }
            });
        }
    }

    private static boolean parameter(Operation operation, String name) {
        return operation.getParameters() != null
                && operation.getParameters().stream().anyMatch(one -> name.equals(one.getName()));
    }

    private static void problem(Operation operation, String status, String description) {
        operation
                .getResponses()
                .addAPIResponse(
                        status,
                        OASFactory.createAPIResponse()
                                .description(description)
                                .content(OASFactory.createContent()
                                        .addMediaType(
                                                PROBLEM_TYPE,
                                                OASFactory.createMediaType()
                                                        .schema(OASFactory.createSchema()
                                                                .ref("#/components/schemas/" + PROBLEM)))));
    }
}
