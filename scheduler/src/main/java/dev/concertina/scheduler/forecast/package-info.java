/**
 * What the demand will be when a change of width begins to serve. A {@link dev.concertina.scheduler.forecast.Forecaster} looks at evenly
 * spaced history and blends smoothed levels, a damped trend and, where the history is long enough, the season, each weighted by how well it
 * did lately; clear steps and clear rises are taken at once. The band around it is made of the errors that the same method made on the same
 * history, so it is as wide as this traffic is hard to foretell. With a short history only a robust level is left, and the forecast says so.
 */
@NullMarked
package dev.concertina.scheduler.forecast;

import org.jspecify.annotations.NullMarked;
