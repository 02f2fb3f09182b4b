package dev.concertina.worker.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.wire.ControlException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Work handed to the step thread is done, or given up: never given up and done all the same. */
class BoundaryTest {
    @Test
    void whatItsCallerGaveUpNeverRuns() {
        Boundary boundary = new Boundary(Duration.ofMillis(20));
        AtomicBoolean ran = new AtomicBoolean();
        assertThatThrownBy(() -> boundary.call(() -> {
                    ran.set(true);
                    return true;
                }))
                .isInstanceOf(ControlException.class)
                .hasMessageContaining("no step boundary");
        boundary.run();
        assertThat(ran).isFalse();
    }

    @Test
    void whatHasBegunIsWaitedFor() throws Exception {
        Boundary boundary = new Boundary(Duration.ofMillis(200));
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> boundary.call(() -> {
            begun.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return "done";
        }));
        Thread steps = Thread.ofPlatform().daemon().start(() -> {
            while (begun.getCount() > 0) {
                boundary.run();
                Thread.onSpinWait();
            }
        });
        assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
        Thread.sleep(300); // longer than the caller's patience
        assertThat(answer).isNotDone();
        go.countDown();
        assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("done");
        steps.join(10_000);
    }
}
