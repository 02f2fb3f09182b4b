/**
 * {@code ./concertina simulate}: a trace played through the scheduler's simulator under each scaling policy, with the delays that changes of
 * width really have and once more with equal ones; a table, JSON in the benchmarks' shape and a page with plots.
 */
@NullMarked
package dev.concertina.e2e.simulate;

import org.jspecify.annotations.NullMarked;
