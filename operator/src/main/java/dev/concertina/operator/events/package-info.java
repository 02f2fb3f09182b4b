/**
 * What the operator decided and did, told to whoever listens: CloudEvents on a Kafka topic, described in {@code docs/events.md}. Telling never
 * delays or fails a decision or an operation: events wait in a bounded queue, and the eldest go when it is full.
 */
@NullMarked
package dev.concertina.operator.events;

import org.jspecify.annotations.NullMarked;
