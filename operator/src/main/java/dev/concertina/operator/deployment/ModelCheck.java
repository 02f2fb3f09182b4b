package dev.concertina.operator.deployment;

import dev.concertina.crds.ConditionReason;
import dev.concertina.operator.fleet.AgentView;
import dev.concertina.operator.fleet.Fleet;
import dev.concertina.operator.fleet.Peers;
import dev.concertina.wire.Agents;
import dev.concertina.wire.ControlException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Asks agents whether a model folder is one; answers are kept for a while. Safe for any number of threads. */
final class ModelCheck {
    private static final Duration KEEP_GOOD = Duration.ofSeconds(60);
    private static final Duration KEEP_BAD = Duration.ofSeconds(2);

    private final Fleet fleet;
    private final Peers peers;
    private final Clock clock;
    private final Map<String, Kept> kept = new ConcurrentHashMap<>();

    ModelCheck(Fleet fleet, Peers peers, Clock clock) {
        this.fleet = fleet;
        this.peers = peers;
        this.clock = clock;
    }

    /** What agents say. */
    sealed interface Answer {
        record Good(Agents.Model model) implements Answer {}

        /** An agent looked and refused. */
        record Bad(ConditionReason reason, String message) implements Answer {}

        /** Nobody could look. */
        record Unknown(String message) implements Answer {}
    }

    private record Kept(Answer answer, Instant until) {}

    Answer check(String path) {
        Instant now = clock.instant();
        Kept known = kept.get(path);
        if (known != null && now.isBefore(known.until())) {
            return known.answer();
        }
        Answer answer = ask(path);
        if (answer instanceof Answer.Unknown && known != null && known.answer() instanceof Answer.Good) {
            kept.put(
                    path,
                    new Kept(known.answer(), now.plus(KEEP_BAD))); // agents that are away do not make it a bad model
            return known.answer();
        }
        kept.put(path, new Kept(answer, now.plus(answer instanceof Answer.Good ? KEEP_GOOD : KEEP_BAD)));
        return answer;
    }

    private Answer ask(String path) {
        Answer answer = new Answer.Unknown("no agent pod is there yet");
        for (AgentView agent : fleet.recent(Duration.ofSeconds(1)).agents()) {
            try {
                return new Answer.Good(peers.model(agent.address(), path));
            } catch (ControlException e) {
                answer = switch (e.status()) {
                    case 404 -> new Answer.Bad(ConditionReason.ModelNotFound, String.valueOf(e.getMessage()));
                    case 400 -> new Answer.Bad(ConditionReason.ModelInvalid, String.valueOf(e.getMessage()));
                    default -> new Answer.Unknown(String.valueOf(e.getMessage()));
                };
            } catch (IOException e) {
                if (answer instanceof Answer.Unknown) {
                    answer = new Answer.Unknown(String.valueOf(e.getMessage()));
                }
            }
        }
        return answer;
    }
}
