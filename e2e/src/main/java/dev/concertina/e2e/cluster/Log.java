package dev.concertina.e2e.cluster;

/** Told what is being done and waited for, one line each. */
@FunctionalInterface
interface Log {
    void say(String line);
}
