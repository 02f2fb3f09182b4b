package dev.concertina.operator.operation;

import dev.concertina.crds.ScaleOperationStatus;
import dev.concertina.crds.ScaleOperationStatus.Bytes;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.crds.ScaleOperationStatus.PhaseRecord;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an operation knows of itself besides its phase; immutable. */
record Progress(
        List<PhaseRecord> phases,
        @Nullable String sourcePlacement,
        @Nullable String targetPlacement,
        @Nullable Long epoch,
        @Nullable Bytes planned,
        @Nullable Bytes done,
        @Nullable Long peakBytes,
        long requestsLost,
        long sequencesMoved,
        @Nullable String error) {
    Progress {
        phases = List.copyOf(phases);
    }

    static Progress none() {
        return new Progress(List.of(), null, null, null, null, null, null, 0, 0, null);
    }

    static Progress of(ScaleOperationStatus status) {
        return new Progress(
                status.phases() == null ? List.of() : status.phases(),
                status.sourcePlacement(),
                status.targetPlacement(),
                status.epoch(),
                status.planned(),
                status.done(),
                status.peakBytes(),
                status.requestsLost() == null ? 0 : status.requestsLost(),
                status.sequencesMoved() == null ? 0 : status.sequencesMoved(),
                status.error());
    }

    ScaleOperationStatus toStatus(Phase phase) {
        return new ScaleOperationStatus(
                phase,
                phases,
                sourcePlacement,
                targetPlacement,
                epoch,
                planned,
                done,
                peakBytes,
                requestsLost,
                sequencesMoved,
                error);
    }

    /** Ends the current phase with a message and begins the next; an ended operation has a last record without length. */
    Progress enter(Phase next, Instant now, @Nullable String message) {
        List<PhaseRecord> records = new ArrayList<>(phases);
        String time = time(now);
        if (!records.isEmpty() && records.getLast().endedAt() == null) {
            PhaseRecord last = records.removeLast();
            records.add(new PhaseRecord(last.phase(), last.startedAt(), time, message));
        }
        records.add(new PhaseRecord(next, time, next.ended() ? time : null, null));
        return new Progress(
                records,
                sourcePlacement,
                targetPlacement,
                epoch,
                planned,
                done,
                peakBytes,
                requestsLost,
                sequencesMoved,
                error);
    }

    /** When the current phase began. */
    Instant phaseStart(Instant otherwise) {
        return phases.isEmpty() ? otherwise : Instant.parse(phases.getLast().startedAt());
    }

    Progress plan(@Nullable String source, String target, long publishes, Bytes bytes) {
        return new Progress(
                phases, source, target, publishes, bytes, done, peakBytes, requestsLost, sequencesMoved, error);
    }

    /** What the current phase has moved so far, and what it waits for. */
    Progress staging(Bytes bytes, String message) {
        List<PhaseRecord> records = new ArrayList<>(phases);
        PhaseRecord last = records.removeLast();
        records.add(new PhaseRecord(last.phase(), last.startedAt(), null, message));
        return new Progress(
                records,
                sourcePlacement,
                targetPlacement,
                epoch,
                planned,
                bytes,
                peakBytes,
                requestsLost,
                sequencesMoved,
                error);
    }

    Progress staged(Bytes bytes, long peak) {
        return new Progress(
                phases,
                sourcePlacement,
                targetPlacement,
                epoch,
                planned,
                bytes,
                peak,
                requestsLost,
                sequencesMoved,
                error);
    }

    Progress moved(long sequences) {
        return new Progress(
                phases,
                sourcePlacement,
                targetPlacement,
                epoch,
                planned,
                done,
                peakBytes,
                requestsLost,
                sequences,
                error);
    }

    Progress lost(long requests) {
        return new Progress(
                phases,
                sourcePlacement,
                targetPlacement,
                epoch,
                planned,
                done,
                peakBytes,
                requests,
                sequencesMoved,
                error);
    }

    Progress failed(String reason) {
        return new Progress(
                phases,
                sourcePlacement,
                targetPlacement,
                epoch,
                planned,
                done,
                peakBytes,
                requestsLost,
                sequencesMoved,
                reason);
    }

    /** RFC 3339 with milliseconds, as the API says. */
    static String time(Instant instant) {
        Instant millis = instant.truncatedTo(ChronoUnit.MILLIS);
        return java.time.format.DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'")
                .withZone(java.time.ZoneOffset.UTC)
                .format(millis);
    }
}
