package dev.concertina.operator.operation;

import dev.concertina.wire.ControlException;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;

/** Waiting inside a phase: asks again and again, soon at first and then a few times a second, until a deadline. */
final class Wait {
    private static final long FIRST_PAUSE_MILLIS = 20;
    private static final long LONGEST_PAUSE_MILLIS = 250;
    private static final int PRECONDITION_FAILED = 412;

    private final Clock clock;
    private final Instant deadline;

    Wait(Clock clock, Instant deadline) {
        this.clock = clock;
        this.deadline = deadline;
    }

    /** What is still missing, in words; empty when nothing is. */
    @FunctionalInterface
    interface Missing {
        Optional<String> missing() throws IOException, PhaseFailed;
    }

    /**
     * Asks until nothing is missing. No answer, or a refusal other than of the term, counts as missing: both may pass.
     *
     * @throws PhaseFailed at the deadline, with what was missing last
     * @throws InterruptedException when the operator stops; the phase then goes on in the next one
     */
    void until(Missing question) throws PhaseFailed, InterruptedException {
        long pause = FIRST_PAUSE_MILLIS;
        while (true) {
            Optional<String> missing = ask(question);
            if (missing.isEmpty()) {
                return;
            }
            if (!clock.instant().isBefore(deadline)) {
                throw new PhaseFailed("not done in time: " + missing.get());
            }
            Thread.sleep(pause);
            pause = Math.min(LONGEST_PAUSE_MILLIS, pause + pause / 4 + 1);
        }
    }

    private static Optional<String> ask(Missing question) throws PhaseFailed, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        try {
            return question.missing();
        } catch (ControlException e) {
            if (e.status() == PRECONDITION_FAILED) {
                throw new InterruptedException("a newer leader is at work: " + e.getMessage());
            }
            return Optional.of(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedException();
            }
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
