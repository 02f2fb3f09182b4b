package dev.concertina.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Whether an object has only fields that the API knows: Fabric8's types are made from the API's schema, and what they do not know they keep as
 * additional properties.
 */
final class KnownFields {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private KnownFields() {}

    /** Fails on an unknown field. Kinds that Fabric8's core does not have are left to others. */
    static void check(Map<String, Object> object) throws Exception {
        HasMetadata typed = Serialization.unmarshal(Serialization.asYaml(object));
        if (!(typed instanceof GenericKubernetesResource)) {
            check(MAPPER.valueToTree(object), typed, typed.getKind());
        }
    }

    static void check(JsonNode json, Object typed, String path) throws Exception {
        if (typed instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                check(json.get(i), list.get(i), path + "/" + i);
            }
        } else if (json.isObject()
                && typed.getClass().getName().startsWith("io.fabric8.kubernetes.api.model")
                && !typed.getClass().getSimpleName().equals("IntOrString")) {
            Map<?, ?> unknown = (Map<?, ?>)
                    typed.getClass().getMethod("getAdditionalProperties").invoke(typed);
            assertThat(unknown.keySet()).as("fields at " + path).isEmpty();
            Iterator<String> names = json.fieldNames();
            while (names.hasNext()) {
                String name = names.next();
                String getter = "get" + Character.toUpperCase(name.charAt(0)) + name.substring(1);
                Object value = typed.getClass().getMethod(getter).invoke(typed);
                assertThat(value).as(path + "/" + name).isNotNull();
                check(json.get(name), value, path + "/" + name);
            }
        }
    }
}
