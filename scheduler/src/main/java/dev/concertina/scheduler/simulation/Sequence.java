package dev.concertina.scheduler.simulation;

import dev.concertina.scheduler.simulation.Workload.Arrival;

/** One request on its way. */
final class Sequence implements Comparable<Sequence> {
    final int number;
    final Arrival request;
    int promptLeft;
    int tokens;
    double firstTokenAt = Double.NaN;
    /** Number of the rank's step that brings the last token. */
    long lastStep;

    Sequence(int number, Arrival request) {
        this.number = number;
        this.request = request;
        promptLeft = Math.max(1, request.promptTokens());
    }

    int generated() {
        return Math.max(1, request.generatedTokens());
    }

    @Override
    public int compareTo(Sequence other) {
        int steps = Long.compare(lastStep, other.lastStep);
        return steps != 0 ? steps : Integer.compare(number, other.number);
    }
}
