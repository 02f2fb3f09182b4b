package dev.concertina.e2e.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.wire.Json;

/** The scale subresource of a MoEDeployment: {@code spec.width} and {@code status.effectiveWidth} as replicas. */
final class ScaleSubresource {
    private ScaleSubresource() {}

    static ObjectNode read(JsonNode deployment) {
        ObjectNode scale = Json.mapper().createObjectNode();
        scale.put("kind", "Scale").put("apiVersion", "autoscaling/v1");
        ObjectNode metadata = scale.putObject("metadata");
        for (String field : new String[] {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}) {
            if (deployment.path("metadata").has(field)) {
                metadata.set(field, deployment.path("metadata").get(field));
            }
        }
        scale.putObject("spec")
                .put("replicas", deployment.path("spec").path("width").asInt(1));
        scale.putObject("status")
                .put(
                        "replicas",
                        deployment.path("status").path("effectiveWidth").asInt(0))
                .put("selector", deployment.path("status").path("selector").asText(""));
        return scale;
    }

    /**
     * The merge patch of the deployment that a written scale means.
     *
     * @throws IllegalArgumentException when it names no replicas
     */
    static ObjectNode change(JsonNode scale) {
        JsonNode replicas = scale.path("spec").path("replicas");
        if (!replicas.isInt() || replicas.asInt() < 0) {
            throw new IllegalArgumentException("spec.replicas must be a number from 0 on");
        }
        ObjectNode patch = Json.mapper().createObjectNode();
        patch.putObject("spec").put("width", replicas.asInt());
        JsonNode version = scale.path("metadata").path("resourceVersion");
        if (version.isTextual() && !version.asText().isEmpty()) {
            patch.putObject("metadata").put("resourceVersion", version.asText());
        }
        return patch;
    }
}
