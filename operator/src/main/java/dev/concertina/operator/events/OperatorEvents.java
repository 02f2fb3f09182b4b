package dev.concertina.operator.events;

import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus;
import dev.concertina.operator.decision.Decisions;
import dev.concertina.scheduler.width.WidthDecision;
import dev.concertina.wire.Json;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import java.net.URI;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operator's events. An event that is told again, after a change of the leader for example, has the same source and id. */
public final class OperatorEvents {
    /** A decision for another width than the one before, or one that was written into {@code spec.width}. */
    public static final String DECISION = "dev.concertina.decision.made";

    /** An operation has reached a phase. */
    public static final String OPERATION = "dev.concertina.operation.phase";

    private static final String KIND_PATH = "/apis/concertina.dev/v1alpha1/namespaces/";

    private OperatorEvents() {}

    /** Data of {@link #DECISION}; {@code widthBefore} served then. */
    public record DecisionData(
            String deployment,
            int widthBefore,
            int width,
            boolean applied,
            List<String> reasons,
            List<Candidate> candidates) {}

    /** A width that was looked at, and what became of it. */
    public record Candidate(int width, String verdict) {}

    /** Data of {@link #OPERATION}; what is not known yet is left out. */
    public record OperationData(
            String deployment,
            String operation,
            String phase,
            int fromWidth,
            int toWidth,
            @Nullable String strategy,
            @Nullable String reason,
            @Nullable String requester,
            @Nullable Long requestsLost,
            @Nullable Long bytesKept,
            @Nullable Long bytesCopied,
            @Nullable Long bytesLoaded,
            @Nullable String error) {}

    /** What is told of a decision. */
    static DecisionData told(String deployment, Decisions.Made made) {
        WidthDecision decision = made.decision();
        return new DecisionData(
                deployment,
                made.widthBefore(),
                decision.width(),
                made.applied(),
                decision.reasons(),
                decision.candidates().stream()
                        .map(candidate -> new Candidate(candidate.width(), candidate.verdict()))
                        .toList());
    }

    /** The event of a decision. */
    static CloudEvent decision(DecisionData data, Instant time) {
        String deployment = data.deployment();
        int slash = deployment.indexOf('/');
        String source =
                KIND_PATH + deployment.substring(0, slash) + "/moedeployments/" + deployment.substring(slash + 1);
        return event(DECISION, source, time.toString(), time, deployment, data);
    }

    /** The event of the phase that an operation is in; null while it is in none. */
    static @Nullable CloudEvent operation(ScaleOperation operation) {
        ScaleOperationStatus status = operation.getStatus();
        if (status == null
                || status.phase() == null
                || status.phases() == null
                || status.phases().isEmpty()) {
            return null;
        }
        String namespace = operation.getMetadata().getNamespace();
        String name = operation.getMetadata().getName();
        ScaleOperationStatus.Bytes done = status.done();
        OperationData data = new OperationData(
                namespace + "/" + operation.getSpec().deployment(),
                name,
                status.phase().name(),
                operation.getSpec().fromWidth(),
                operation.getSpec().toWidth(),
                text(operation.getSpec().strategy()),
                text(operation.getSpec().reason()),
                text(operation.getSpec().requester()),
                status.requestsLost(),
                done == null ? null : done.kept(),
                done == null ? null : done.copied(),
                done == null ? null : done.loaded(),
                status.error());
        ScaleOperationStatus.PhaseRecord last = status.phases().getLast();
        String time = last.endedAt() != null && status.phase().ended() ? last.endedAt() : last.startedAt();
        return event(
                OPERATION,
                KIND_PATH + namespace + "/scaleoperations/" + name,
                operation.getMetadata().getUid() + "/" + status.phase(),
                Instant.parse(time),
                data.deployment(),
                data);
    }

    private static @Nullable String text(@Nullable Object value) {
        return value == null ? null : value.toString();
    }

    private static CloudEvent event(
            String type, String source, String id, Instant time, String deployment, Object data) {
        return CloudEventBuilder.v1()
                .withId(id)
                .withSource(URI.create(source))
                .withType(type)
                .withTime(time.atOffset(ZoneOffset.UTC))
                .withSubject(deployment)
                .withData("application/json", Json.write(data))
                .build();
    }
}
