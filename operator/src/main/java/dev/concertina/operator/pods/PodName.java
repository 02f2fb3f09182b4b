package dev.concertina.operator.pods;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of worker pods: {@code DEPLOYMENT-rank-R}, or {@code DEPLOYMENT-rank-R-eN} for the pod that takes rank R over from another node in the
 * operation of epoch N. So a rank can have two pods for as long as it moves, and everybody can tell which is the newer.
 */
public final class PodName {
    private static final Pattern MOVED = Pattern.compile(".*-rank-[0-9]+-e([0-9]{1,15})");

    private PodName() {}

    /** Name of a rank's first pod. */
    public static String of(String deployment, int rank) {
        return deployment + "-rank-" + rank;
    }

    /** Name of the pod that a rank moves to in an operation. */
    public static String moved(String deployment, int rank, long epoch) {
        return of(deployment, rank) + "-e" + epoch;
    }

    /** The epoch of the operation that made the pod for a move; 0 for any other. */
    public static long epoch(String pod) {
        Matcher matcher = MOVED.matcher(pod);
        return matcher.matches() ? Long.parseLong(matcher.group(1)) : 0;
    }
}
