/**
 * A whole Concertina on one machine, each part in a process of its own: Kafka broker, API server (in this process), operator, gateway, and two
 * simulated nodes with keeper, agent and workers. Starting it says what it is waiting for; closing it ends every process that it started.
 */
@NullMarked
package dev.concertina.e2e.local;

import org.jspecify.annotations.NullMarked;
