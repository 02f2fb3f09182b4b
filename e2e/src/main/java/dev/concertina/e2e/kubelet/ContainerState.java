package dev.concertina.e2e.kubelet;

import dev.concertina.e2e.process.ChildProcess;
import java.time.Instant;

/** Where a pod's one container is. An illegal transition does not compile: only some states offer a method for it. */
sealed interface ContainerState {
    /**
     * Not started, or ended and waiting for its next start.
     *
     * @param reason as a kubelet says it, {@code ContainerCreating} or {@code CrashLoopBackOff}
     * @param until not before
     */
    record Waiting(String reason, String message, Instant until) implements ContainerState {
        Running started(ChildProcess process, Instant now) {
            return new Running(process, now, false);
        }

        Waiting failed(String why, Instant retryAt) {
            return new Waiting("CreateContainerError", why, retryAt);
        }
    }

    /** Its process runs. */
    record Running(ChildProcess process, Instant since, boolean ready) implements ContainerState {
        Running withReady(boolean now) {
            return now == ready ? this : new Running(process, since, now);
        }

        Stopping stop(Instant killAt) {
            process.terminate();
            return new Stopping(process, since, killAt, false);
        }

        Waiting crashed(String message, Instant retryAt) {
            return new Waiting("CrashLoopBackOff", message, retryAt);
        }

        Ended ended(int exitCode) {
            return new Ended(exitCode);
        }
    }

    /** Asked to end; killed at {@code killAt}. */
    record Stopping(ChildProcess process, Instant since, Instant killAt, boolean killed) implements ContainerState {
        Stopping kill() {
            process.kill();
            return new Stopping(process, since, killAt, true);
        }

        Ended ended() {
            return new Ended(process.exitCode().orElse(0));
        }
    }

    /** Over for good. */
    record Ended(int exitCode) implements ContainerState {}
}
