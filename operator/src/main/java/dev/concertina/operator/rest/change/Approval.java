package dev.concertina.operator.rest.change;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec.Mode;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.operator.app.OperatorApplication;
import dev.concertina.operator.decision.Decisions;
import dev.concertina.operator.rest.problem.ProblemException;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Carries out what the scheduler proposes under mode Advisory. */
@ApplicationScoped
public class Approval {
    private final OperatorApplication application;
    private final Changes changes;

    Approval(OperatorApplication application, Changes changes) {
        this.application = application;
        this.changes = changes;
    }

    /** What is proposed. */
    private record Proposal(Instant time, int width) {}

    /**
     * Writes the proposed width.
     *
     * @param decision time of the decision that the user read; null for the last, whatever it is
     * @throws ProblemException 409 when there is nothing to approve, or the proposal is another one by now
     */
    public MoEDeployment approve(String namespace, String name, @Nullable String ifMatch, @Nullable String decision) {
        return changes.change(namespace, name, ifMatch, deployment -> {
            Mode mode = deployment.getSpec().scaling() == null
                    ? null
                    : deployment.getSpec().scaling().mode();
            if (mode != Mode.Advisory) {
                throw ProblemException.conflict("only under mode Advisory is there something to approve; the mode is "
                        + (mode == null ? Mode.Manual : mode));
            }
            Proposal proposal = proposal(namespace + "/" + name, deployment, decision);
            if (Objects.equals(deployment.getSpec().width(), proposal.width())) {
                throw ProblemException.conflict(
                        "the last decision chose width " + proposal.width() + ", which is wanted already");
            }
            return Changes.spec(spec -> spec.put("width", proposal.width()));
        });
    }

    private Proposal proposal(String key, MoEDeployment deployment, @Nullable String read) {
        List<Decisions.Made> made = application
                .control()
                .map(control -> control.decisions().list(key))
                .orElse(List.of());
        MoEDeploymentStatus.Decision kept =
                deployment.getStatus() == null ? null : deployment.getStatus().lastDecision();
        if (made.isEmpty() && kept == null) {
            throw ProblemException.conflict("no decision was made yet");
        }
        Proposal last = made.isEmpty()
                ? new Proposal(Instant.parse(Objects.requireNonNull(kept).time()), kept.width())
                : new Proposal(made.getLast().time(), made.getLast().decision().width());
        if (read == null) {
            return last;
        }
        Instant time = time(read);
        int widthRead = made.stream()
                .filter(one -> same(one.time(), time))
                .map(one -> one.decision().width())
                .findFirst()
                .orElseGet(() -> {
                    if (kept != null && same(Instant.parse(kept.time()), time)) {
                        return kept.width();
                    }
                    throw ProblemException.conflict("no decision of " + read + " is kept; read the decisions again");
                });
        if (widthRead != last.width()) {
            throw ProblemException.conflict("the decision of " + read + " chose width " + widthRead + "; by now width "
                    + last.width() + " is proposed (" + last.time() + ")");
        }
        return last;
    }

    private static Instant time(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw ProblemException.badRequest("decision", "'" + text + "' is not a time; copy it from the decision");
        }
    }

    /** The status keeps milliseconds. */
    private static boolean same(Instant one, Instant other) {
        return one.truncatedTo(ChronoUnit.MILLIS).equals(other.truncatedTo(ChronoUnit.MILLIS));
    }
}
