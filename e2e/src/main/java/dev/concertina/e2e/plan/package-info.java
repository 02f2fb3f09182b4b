/**
 * {@code ./concertina plan}: where experts should be, from a file of routing or of loads, without a cluster. Reads NumPy and CSV files, asks the
 * scheduler, and shows the placement with its scores, what it moves, and what else there was; what is wrong with a file is said with its row.
 */
@NullMarked
package dev.concertina.e2e.plan;

import org.jspecify.annotations.NullMarked;
