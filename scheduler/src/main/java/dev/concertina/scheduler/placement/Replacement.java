package dev.concertina.scheduler.placement;

import java.time.Duration;
import java.util.Locale;

/**
 * Whether a new placement is worth its move: what it gains as long as it is expected to last must exceed what getting there costs. A step is as
 * slow as its fullest rank, so less max/mean load is time won in the part of a step that experts take.
 *
 * @param worth the answer
 * @param gainSeconds serving time that the new placement saves during its lifetime
 * @param costSeconds serving time that the move costs
 * @param reason one sentence
 */
public record Replacement(boolean worth, double gainSeconds, double costSeconds, String reason) {
    /**
     * What the answer depends on besides the two placements.
     *
     * @param expertShare part of a step's time that experts take, 0 to 1
     * @param lifetime how long the load is expected to stay as it is
     * @param move how long getting there takes
     * @param slowdown part of the throughput that is lost meanwhile, 0 to 1
     * @param leastGain relative fall of max/mean load below which a difference counts as noise
     */
    public record Terms(double expertShare, Duration lifetime, Duration move, double slowdown, double leastGain) {}

    /**
     * Judges.
     *
     * @param now mean of max/mean load over the layers under the placement in use
     * @param then the same under the new one
     * @param moved copies that move
     */
    public static Replacement judge(double now, double then, int moved, Terms terms) {
        double relative = Math.max(0, 1 - then / now);
        double gain = relative * terms.expertShare() * seconds(terms.lifetime());
        double cost = terms.slowdown() * seconds(terms.move());
        boolean noise = relative < terms.leastGain();
        boolean worth = !noise && moved > 0 && gain > cost;
        String figures = String.format(
                Locale.ROOT,
                "max/mean load %.3f, %.3f with %d experts moved, saves %.1f s of serving in %d s and costs %.1f s",
                now,
                then,
                moved,
                gain,
                terms.lifetime().toSeconds(),
                cost);
        return new Replacement(worth, gain, cost, noise ? figures + "; too little to tell from chance" : figures);
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
