package dev.concertina.operator.rest.problem;

import java.util.Set;

/** Which methods a path knows: the framework does not say. */
public interface AllowedMethods {
    /** Sorted; empty when there is nothing at the path. */
    Set<String> at(String path);
}
