/**
 * Which ranks hold which expert. Sorted packing and swap descent give a first placement at once, local search goes on from there until its
 * time is over; balance of load, bytes moved from the placement in use, and spread of replicas over nodes are weighed together, layer by layer.
 */
@NullMarked
package dev.concertina.scheduler.placement;

import org.jspecify.annotations.NullMarked;
