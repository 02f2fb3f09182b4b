package dev.concertina.e2e.cluster;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is done to the cluster in the middle of an operation. */
enum Fault {
    KILL_OPERATOR("SIGKILL of the leading operator", 0),
    KILL_AGENT("SIGKILL of one node's agent", 0),
    KILL_KEEPER("SIGKILL of one node's keeper", 0),
    KILL_WORKER("SIGKILL of a rank that serves", 0),
    KILL_GATEWAY("SIGKILL of one gateway", 0),
    API_SERVER("the API server is dead for 30 s", 30),
    KAFKA("the broker is dead for 30 s", 30),
    PARTITION("a node without network for 60 s", 60),
    DISK_FULL("a node's log folder is full for 30 s", 30),
    SLOW_AGENT("a node's agent stands still two thirds of the time for 20 s", 20),
    DRAIN("kubectl drain of a node: its ranks move first, then the drain passes", 0);

    private final String description;
    private final Duration lasts;

    Fault(String description, int seconds) {
        this.description = description;
        this.lasts = Duration.ofSeconds(seconds);
    }

    String description() {
        return description;
    }

    /** From its begin to its end; zero for what is over at once. */
    Duration lasts() {
        return lasts;
    }

    /** As on the command line: {@code kill-operator}. */
    String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The fault of a name.
     *
     * @throws ClusterException for another name, with those that there are
     */
    static Fault of(String title) throws ClusterException {
        for (Fault fault : values()) {
            if (fault.title().equals(title)) {
                return fault;
            }
        }
        throw new ClusterException("--fault " + title + " is none of "
                + Arrays.stream(values()).map(Fault::title).collect(Collectors.joining(", ")));
    }
}
