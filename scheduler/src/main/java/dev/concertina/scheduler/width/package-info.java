/**
 * How many ranks a deployment should have, and why. The demand is forecast over the time that changes of width really take, a capacity model
 * with a prior is corrected by what was observed, each width gets a predicted use and share of requests within the objective, and the
 * cheapest that is good enough with the stated confidence wins, after stabilisation. Every decision is a value that holds its inputs, the
 * forecast, the candidates and the reasons.
 */
@NullMarked
package dev.concertina.scheduler.width;

import org.jspecify.annotations.NullMarked;
