package dev.concertina.e2e.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.wire.Json;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the server serves, as clients ask before they name a resource: built-in kinds in use here, and every CRD. */
final class Discovery {
    private static final Pattern GROUP_VERSION = Pattern.compile("/apis/([^/]+)/([^/]+)");
    private static final String CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    private record Kind(String group, String plural, String kind, boolean namespaced, String shortName) {}

    private static final List<Kind> BUILT_IN = List.of(
            new Kind("", "namespaces", "Namespace", false, "ns"),
            new Kind("", "nodes", "Node", false, "no"),
            new Kind("", "pods", "Pod", true, "po"),
            new Kind("", "secrets", "Secret", true, ""),
            new Kind("", "configmaps", "ConfigMap", true, "cm"),
            new Kind("", "services", "Service", true, "svc"),
            new Kind("", "events", "Event", true, "ev"),
            new Kind("", "persistentvolumes", "PersistentVolume", false, "pv"),
            new Kind("", "persistentvolumeclaims", "PersistentVolumeClaim", true, "pvc"),
            new Kind("apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition", false, "crd"),
            new Kind("coordination.k8s.io", "leases", "Lease", true, ""));

    private Discovery() {}

    /**
     * The answer to a discovery call, or null when the path is none.
     *
     * @param list reads a collection of the server
     */
    static @Nullable JsonNode answer(String path, Function<String, JsonNode> list) {
        switch (path) {
            case "/version" -> {
                return Json.mapper()
                        .createObjectNode()
                        .put("major", "1")
                        .put("minor", "34")
                        .put("gitVersion", "v1.34.0")
                        .put("platform", "concertina/demo");
            }
            case "/api" -> {
                ObjectNode versions = Json.mapper().createObjectNode().put("kind", "APIVersions");
                versions.putArray("versions").add("v1");
                return versions;
            }
            case "/api/v1" -> {
                return resources("v1", "", list);
            }
            case "/apis" -> {
                return groups(list);
            }
            default -> {
                Matcher groupVersion = GROUP_VERSION.matcher(path);
                return groupVersion.matches()
                        ? resources(groupVersion.group(1) + "/" + groupVersion.group(2), groupVersion.group(1), list)
                        : null;
            }
        }
    }

    private static ObjectNode groups(Function<String, JsonNode> list) {
        ObjectNode answer =
                Json.mapper().createObjectNode().put("kind", "APIGroupList").put("apiVersion", "v1");
        ArrayNode groups = answer.putArray("groups");
        addGroup(groups, "apiextensions.k8s.io", "v1");
        addGroup(groups, "coordination.k8s.io", "v1");
        java.util.Set<String> seen = new java.util.TreeSet<>();
        for (JsonNode crd : list.apply(CRDS).path("items")) {
            String group = crd.path("spec").path("group").asText();
            String version =
                    crd.path("spec").path("versions").path(0).path("name").asText();
            if (seen.add(group)) {
                addGroup(groups, group, version);
            }
        }
        return answer;
    }

    private static void addGroup(ArrayNode groups, String name, String version) {
        ObjectNode group = groups.addObject().put("name", name);
        group.putArray("versions")
                .addObject()
                .put("groupVersion", name + "/" + version)
                .put("version", version);
        group.putObject("preferredVersion")
                .put("groupVersion", name + "/" + version)
                .put("version", version);
    }

    private static ObjectNode resources(String groupVersion, String group, Function<String, JsonNode> list) {
        ObjectNode answer = Json.mapper()
                .createObjectNode()
                .put("kind", "APIResourceList")
                .put("apiVersion", "v1")
                .put("groupVersion", groupVersion);
        ArrayNode resources = answer.putArray("resources");
        for (Kind kind : BUILT_IN) {
            if (kind.group().equals(group)) {
                addResource(resources, kind.plural(), kind.kind(), kind.namespaced(), kind.shortName());
            }
        }
        if (!group.isEmpty()) {
            for (JsonNode crd : list.apply(CRDS).path("items")) {
                if (crd.path("spec").path("group").asText().equals(group)) {
                    addCustom(resources, crd.path("spec"));
                }
            }
        }
        return answer;
    }

    private static void addCustom(ArrayNode resources, JsonNode spec) {
        JsonNode names = spec.path("names");
        String plural = names.path("plural").asText();
        String kind = names.path("kind").asText();
        boolean namespaced = spec.path("scope").asText().equals("Namespaced");
        addResource(
                resources,
                plural,
                kind,
                namespaced,
                names.path("shortNames").path(0).asText(""));
        JsonNode subresources = spec.path("versions").path(0).path("subresources");
        if (subresources.has("status")) {
            resources
                    .addObject()
                    .put("name", plural + "/status")
                    .put("kind", kind)
                    .put("namespaced", namespaced)
                    .putArray("verbs")
                    .add("get")
                    .add("patch")
                    .add("update");
        }
        if (subresources.has("scale")) {
            resources
                    .addObject()
                    .put("name", plural + "/scale")
                    .put("group", "autoscaling")
                    .put("version", "v1")
                    .put("kind", "Scale")
                    .put("namespaced", namespaced)
                    .putArray("verbs")
                    .add("get")
                    .add("patch")
                    .add("update");
        }
    }

    private static void addResource(ArrayNode to, String plural, String kind, boolean namespaced, String shortName) {
        ObjectNode resource = to.addObject()
                .put("name", plural)
                .put("singularName", kind.toLowerCase(java.util.Locale.ROOT))
                .put("kind", kind)
                .put("namespaced", namespaced);
        ArrayNode verbs = resource.putArray("verbs");
        for (String verb : List.of("create", "delete", "get", "list", "patch", "update", "watch")) {
            verbs.add(verb);
        }
        if (!shortName.isEmpty()) {
            resource.putArray("shortNames").add(shortName);
        }
    }
}
