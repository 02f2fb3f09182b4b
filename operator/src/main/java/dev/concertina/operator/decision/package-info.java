/**
 * The autoscaling loop: a snapshot of the load goes to the scheduler's width policy, its answer into {@code spec.width}; every decision is
 * kept with its reasons in a bounded log.
 */
@NullMarked
package dev.concertina.operator.decision;

import org.jspecify.annotations.NullMarked;
