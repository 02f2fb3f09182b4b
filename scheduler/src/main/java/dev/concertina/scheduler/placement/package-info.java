/**
 * Which ranks hold which expert, replicas included. Sorted packing and swap descent give a first placement at once; local search with
 * OptaPlanner goes on from there until its time is over. Balance of load, communication between consecutive layers, copies that move, and
 * spread of replicas over nodes are weighed together; memory is a hard limit. Layers are searched in parallel; where communication couples
 * them, layers of even and of odd number take turns, each seeing its neighbours as they are.
 */
@NullMarked
package dev.concertina.scheduler.placement;

import org.jspecify.annotations.NullMarked;
