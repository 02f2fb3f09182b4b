/**
 * Pure decisions: traffic events become a load snapshot ({@code load}), a snapshot becomes a width with reasons ({@code width}), a width
 * becomes a table of experts and ranks ({@code placement}), and two tables become an ordered list of memory steps ({@code transition}).
 * Nothing here knows Kubernetes, Kafka or the time of day: time, randomness and data are parameters.
 */
@NullMarked
package dev.concertina.scheduler;

import org.jspecify.annotations.NullMarked;
