package dev.concertina.operator.rest.access;

import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Who a token belongs to, as the API server says. */
public record Identity(String user, String uid, List<String> groups, Map<String, List<String>> extra) {
    static Identity of(UserInfo info) {
        return new Identity(
                Objects.requireNonNullElse(info.getUsername(), ""),
                Objects.requireNonNullElse(info.getUid(), ""),
                info.getGroups() == null ? List.of() : List.copyOf(info.getGroups()),
                info.getExtra() == null ? Map.of() : Map.copyOf(info.getExtra()));
    }
}
