package dev.concertina.wire;

import java.io.IOException;

/**
 * Ends this process when the one that started it ends, even by SIGKILL: the launcher gives every child a pipe as standard input and never
 * writes to it, so end of file means that the launcher is gone. Does nothing unless {@code CONCERTINA_END_WITH_PARENT=true}.
 */
public final class Lifetime {
    private static final int BROKEN = 70;

    private Lifetime() {}

    /**
     * Ends this process with code 70 when one of its platform threads dies of something nobody caught: a process that lives on without it would
     * look alive and do nothing, one that ends is started again. Virtual threads serve one call each; theirs is printed only.
     */
    public static void endWhenAThreadDies() {
        Thread.setDefaultUncaughtExceptionHandler((thread, problem) -> {
            try {
                System.err.println("thread " + thread.getName() + " died: " + problem);
                problem.printStackTrace();
            } finally {
                if (!thread.isVirtual()) {
                    Runtime.getRuntime().halt(BROKEN);
                }
            }
        });
    }

    public static void endWithParent() {
        if (!"true".equals(System.getenv("CONCERTINA_END_WITH_PARENT"))) {
            return;
        }
        Thread.ofPlatform().daemon().name("end-with-parent").start(() -> {
            try {
                while (System.in.read() >= 0) {
                    // nobody writes: only the end matters
                }
            } catch (IOException e) {
                // a broken pipe is an end too
            }
            Runtime.getRuntime().halt(0);
        });
    }
}
