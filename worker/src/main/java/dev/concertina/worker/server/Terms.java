package dev.concertina.worker.server;

import dev.concertina.wire.ControlException;

/** The highest Lease term seen: an old leader's commands are refused. */
public final class Terms {
    private long highest;

    /** Takes a command's term; 412 when a higher one was seen. */
    public synchronized void check(long term) {
        if (term < highest) {
            throw new ControlException(412, "term " + term + " is lower than " + highest + ", which was seen before");
        }
        highest = term;
    }
}
