/**
 * How many ranks a deployment should have, and why. A capacity model with a prior is corrected by what was observed, the demand is forecast
 * over the lead time, each width gets a predicted use and share of requests within the objective, and the cheapest that is good enough wins,
 * after stabilisation. Every decision is a value that holds its inputs, the candidates and the reasons.
 */
@NullMarked
package dev.concertina.scheduler.width;

import org.jspecify.annotations.NullMarked;
