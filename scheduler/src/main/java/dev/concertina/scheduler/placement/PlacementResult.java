package dev.concertina.scheduler.placement;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * A placement and how good it is.
 *
 * @param placement the best found
 * @param score its score
 * @param start score of the first answer: sorted packing and as much swap descent as its time allowed
 * @param imbalancePerLayer max/mean load of the ranks, layer by layer; 1 is perfect
 * @param boundPerLayer what no placement's max/mean can be below, layer by layer; the best possible may be above it
 * @param alternatives what else was there and why it lost
 * @param firstAnswer time until the first answer
 * @param elapsed time that the solve took
 */
public record PlacementResult(
        Placement placement,
        Score score,
        Score start,
        double[] imbalancePerLayer,
        double[] boundPerLayer,
        List<Alternative> alternatives,
        Duration firstAnswer,
        Duration elapsed) {
    public PlacementResult {
        alternatives = List.copyOf(alternatives);
    }

    /**
     * The objectives; less is better in each.
     *
     * @param balance sum over the layers of max/mean load of the ranks; equal to the number of layers when perfect
     * @param communication share of tokens that leave their rank between two layers, with the relative cost of their links, summed over the
     *     pairs of layers; 0 when nothing is known of it
     * @param movedExperts copies on ranks that do not hold them in the current placement; 0 at the first start
     * @param movedBytes bytes of those
     * @param unspread experts whose replicas all sit on one node, although there are several nodes
     * @param weighted sum that the solver minimises
     */
    public record Score(
            double balance, double communication, int movedExperts, long movedBytes, int unspread, double weighted) {}

    /**
     * Something that was not chosen.
     *
     * @param name of it
     * @param score its score
     * @param costMore weighted sum above that of what was chosen
     */
    public record Alternative(String name, Score score, double costMore) {
        /** Why not: what it would gain and what it would cost. */
        public String whyNot(Score chosen) {
            return String.format(
                    Locale.ROOT,
                    "%s: weighted sum %+.4f (balance %+.4f, communication %+.4f, moved experts %+d, unspread %+d)",
                    name,
                    costMore,
                    score.balance() - chosen.balance(),
                    score.communication() - chosen.communication(),
                    score.movedExperts() - chosen.movedExperts(),
                    score.unspread() - chosen.unspread());
        }
    }
}
