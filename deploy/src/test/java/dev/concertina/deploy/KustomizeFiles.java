package dev.concertina.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.zjsonpatch.DiffFlags;
import io.fabric8.zjsonpatch.JsonDiff;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes the files of {@code deploy/kustomize} from what the chart renders to. Pure. */
final class KustomizeFiles {
    /** Helm makes the release's namespace when asked; here it comes with what it needs. */
    static final String NAMESPACE = """
            apiVersion: v1
            kind: Namespace
            metadata:
              name: concertina
              labels:
                app.kubernetes.io/part-of: concertina
                pod-security.kubernetes.io/enforce: restricted
            """;

    private static final String HEAD =
            "# Rendered from deploy/charts/concertina with the values beside it; " + Rendered.HOW + ".\n";
    private static final Pattern SOURCE = Pattern.compile("(?m)^# Source: concertina/templates/([a-z-]+)\\.yaml\\n");
    private static final EnumSet<DiffFlags> ADD_REMOVE_REPLACE =
            EnumSet.of(DiffFlags.OMIT_MOVE_OPERATION, DiffFlags.OMIT_COPY_OPERATION, DiffFlags.OMIT_VALUE_ON_REMOVE);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private KustomizeFiles() {}

    /** One file for each template, the CRDs, the namespace, and the list of them. */
    static Map<String, String> base(String rendered, String crds) {
        Map<String, StringBuilder> templates = new TreeMap<>();
        templates.put("crds", new StringBuilder(crds));
        templates.put("release-namespace", new StringBuilder(NAMESPACE));
        for (String document : Helm.documents(rendered)) {
            Matcher source = SOURCE.matcher(document);
            if (!source.find()) {
                throw new IllegalStateException("no source: " + document);
            }
            templates
                    .computeIfAbsent(source.group(1), name -> new StringBuilder())
                    .append("---\n")
                    .append(source.replaceAll(""));
        }
        Map<String, String> files = new LinkedHashMap<>();
        StringBuilder list = new StringBuilder(
                HEAD + "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n");
        templates.forEach((name, text) -> {
            files.put(name + ".yaml", HEAD + text.toString().replaceFirst("\\A---\\n", ""));
            list.append("  - ").append(name).append(".yaml\n");
        });
        files.put("kustomization.yaml", list.toString());
        return files;
    }

    /** What is added, as a file, and what differs, as JSON patches of the base. */
    static Map<String, String> overlay(List<Map<String, Object>> base, List<Map<String, Object>> overlay) {
        Map<String, JsonNode> before = byKey(base);
        Map<String, JsonNode> after = byKey(overlay);
        List<String> added = new ArrayList<>();
        ArrayNode patches = MAPPER.createArrayNode();
        after.forEach((key, object) -> {
            JsonNode old = before.get(key);
            if (old == null) {
                added.add(Serialization.asYaml(object).replaceFirst("\\A---\\n", ""));
            } else if (!old.equals(object)) {
                patches.add(patch(object, Serialization.asYaml(JsonDiff.asJson(old, object, ADD_REMOVE_REPLACE))));
            }
        });
        before.forEach((key, object) -> {
            if (!after.containsKey(key)) {
                ObjectNode gone = MAPPER.createObjectNode().put("$patch", "delete");
                gone.put("apiVersion", object.get("apiVersion").asText())
                        .put("kind", object.get("kind").asText())
                        .set("metadata", name(object));
                patches.add(patch(object, Serialization.asYaml(gone)));
            }
        });
        ObjectNode kustomization = MAPPER.createObjectNode()
                .put("apiVersion", "kustomize.config.k8s.io/v1beta1")
                .put("kind", "Kustomization");
        kustomization.putArray("resources").add("../../base").add("resources.yaml");
        kustomization.set("patches", patches);
        Map<String, String> files = new LinkedHashMap<>();
        files.put("resources.yaml", HEAD + String.join("---\n", added));
        files.put(
                "kustomization.yaml", HEAD + Serialization.asYaml(kustomization).replaceFirst("\\A---\\n", ""));
        return files;
    }

    private static ObjectNode patch(JsonNode object, String text) {
        ObjectNode patch = MAPPER.createObjectNode();
        patch.putObject("target").put("kind", object.get("kind").asText()).setAll(name(object));
        return patch.put("patch", text.replaceFirst("\\A---\\n", ""));
    }

    private static ObjectNode name(JsonNode object) {
        ObjectNode name = MAPPER.createObjectNode()
                .put("name", object.at("/metadata/name").asText());
        JsonNode namespace = object.at("/metadata/namespace");
        return namespace.isMissingNode() ? name : name.put("namespace", namespace.asText());
    }

    private static Map<String, JsonNode> byKey(List<Map<String, Object>> objects) {
        Map<String, JsonNode> all = new TreeMap<>();
        objects.forEach(object -> {
            JsonNode json = MAPPER.valueToTree(object);
            all.put(key(json), json);
        });
        return all;
    }

    /** Kind, namespace and name. */
    static String key(JsonNode object) {
        return object.get("kind").asText() + " "
                + object.at("/metadata/namespace").asText() + "/"
                + object.at("/metadata/name").asText();
    }
}
