package dev.concertina.deploy;

import com.fasterxml.jackson.databind.JsonNode;

/** Equality of JSON as YAML's readers and writers leave it: 1, 1L and 1.0 are one number. */
final class JsonEquality {
    private JsonEquality() {}

    static boolean same(JsonNode one, JsonNode other) {
        return one.equals(JsonEquality::compare, other);
    }

    /** For leaves. */
    private static int compare(JsonNode one, JsonNode other) {
        if (one.isNumber() && other.isNumber()) {
            return one.decimalValue().compareTo(other.decimalValue());
        }
        return one.equals(other) ? 0 : 1;
    }
}
