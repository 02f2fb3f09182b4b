package dev.concertina.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A process ends when a thread of it does that nobody replaces. */
class LifetimeTest {
    /** Would live for ever, were it not for a thread that dies. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) throws InterruptedException {
            Lifetime.endWhenAThreadDies();
            Thread.ofVirtual()
                    .start(() -> {
                        throw new IllegalStateException("one call's problem");
                    })
                    .join();
            System.out.println("alive");
            Thread.ofPlatform().daemon().name("steps").start(() -> {
                throw new OutOfMemoryError("for the test");
            });
            new CountDownLatch(1).await();
        }
    }

    @Test
    void aDeadThreadEndsTheProcess() throws Exception {
        Process child = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx32m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName()))
                .redirectErrorStream(true)
                .start();
        try {
            child.getOutputStream().close();
            assertThat(new String(child.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8))
                    .contains("alive")
                    .contains("thread steps died")
                    .contains("OutOfMemoryError");
            assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(child.exitValue()).isEqualTo(70);
        } finally {
            child.destroyForcibly();
        }
    }
}
