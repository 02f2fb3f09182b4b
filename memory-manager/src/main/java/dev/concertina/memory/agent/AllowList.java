package dev.concertina.memory.agent;

import dev.concertina.wire.ControlException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which users may map which models. Users of a model that is named are exactly those named for it; all other models have the users of {@code *}.
 *
 * @param users by model folder or {@code *}; a model with an empty set is open to everybody
 */
public record AllowList(Map<String, Set<Integer>> users) {
    private static final String ANY = "*";

    public AllowList {
        users = Map.copyOf(users);
    }

    /** These users may map every model. */
    public static AllowList of(int... uids) {
        Set<Integer> all = new HashSet<>();
        for (int uid : uids) {
            all.add(uid);
        }
        return new AllowList(Map.of(ANY, Set.copyOf(all)));
    }

    /** Everybody who was attested may map every model. */
    public static AllowList everybody() {
        return new AllowList(Map.of(ANY, Set.of()));
    }

    /**
     * Reads {@code MODEL=UID,UID;MODEL=UID;*=UID}: model folders as the agent sees them, {@code *} for all others, {@code *} for every user.
     *
     * @throws IllegalArgumentException in one sentence
     */
    public static AllowList parse(String text) {
        Map<String, Set<Integer>> users = new HashMap<>();
        for (String rule : text.split(";", -1)) {
            if (rule.isBlank()) {
                continue;
            }
            int equals = rule.lastIndexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("'" + rule + "' is not MODEL=UID,UID; separate rules with ';'");
            }
            Set<Integer> uids = new HashSet<>();
            String who = rule.substring(equals + 1).strip();
            if (!who.equals(ANY)) {
                for (String uid : who.split(",", -1)) {
                    uids.add(uid(uid.strip(), rule));
                }
            }
            if (users.put(rule.substring(0, equals).strip(), Set.copyOf(uids)) != null) {
                throw new IllegalArgumentException("two rules for one model: '" + rule + "'");
            }
        }
        return new AllowList(users);
    }

    private static int uid(String text, String rule) {
        try {
            return Integer.parseUnsignedInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' in '" + rule + "' is not a user's number");
        }
    }

    /**
     * Checks a user against a model's rule.
     *
     * @param model folder; null: not known here yet, nothing of it can be mapped
     * @throws ControlException 403 when it may not
     */
    void check(Attestor.Identity who, @Nullable String model) {
        if (model == null) {
            return;
        }
        Set<Integer> allowed = users.getOrDefault(model, users.get(ANY));
        if (allowed == null || (!allowed.isEmpty() && !allowed.contains(who.uid()))) {
            throw new ControlException(
                    403, who.name() + " may not map the model " + model + "; allow it in CONCERTINA_ALLOW");
        }
    }
}
