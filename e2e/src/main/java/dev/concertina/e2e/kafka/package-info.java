/**
 * A one-broker Kafka in a process of its own: the broker of the demo, and of the chart's trial installation. It is Apache Kafka's own KRaft
 * server (broker and controller in one), started from settings small enough for a laptop; nothing of it is simulated.
 */
@NullMarked
package dev.concertina.e2e.kafka;

import org.jspecify.annotations.NullMarked;
