package dev.concertina.e2e.local;

/** Told what is being waited for. Called from the thread that starts the cluster. */
@FunctionalInterface
public interface Progress {
    /** One line, such as {@code waiting for agent-node-a, gateway}. */
    void say(String line);
}
