/**
 * What the traffic of one deployment looks like. Events come in any order, twice or late; windows over event time turn them into rates,
 * latency quantiles, the share of requests within the objective, and the load of each expert, in bounded memory whatever the rate. Missing
 * data is said to be missing and is never taken for zero traffic.
 */
@NullMarked
package dev.concertina.scheduler.load;

import org.jspecify.annotations.NullMarked;
