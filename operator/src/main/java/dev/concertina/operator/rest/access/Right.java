package dev.concertina.operator.rest.access;

/**
 * A right on a kind of {@code concertina.dev}.
 *
 * @param namespace empty for all
 * @param name empty for all
 */
public record Right(String verb, String resource, String namespace, String name) {
    String plural() {
        int slash = resource.indexOf('/');
        return slash < 0 ? resource : resource.substring(0, slash);
    }

    String subresource() {
        int slash = resource.indexOf('/');
        return slash < 0 ? "" : resource.substring(slash + 1);
    }

    /** In words, for a refusal. */
    String words() {
        return verb + " " + resource + ".concertina.dev" + (name.isEmpty() ? "" : " " + name)
                + (namespace.isEmpty() ? " in all namespaces" : " in namespace " + namespace);
    }
}
