/**
 * What the gateway tells the rest of the world: one CloudEvent per step of a request's life and a window every second, on Kafka. Serving
 * never waits for it: events go through a bounded buffer, and those that find it full, or no broker, are dropped and counted.
 */
@NullMarked
package dev.concertina.gateway.events;

import org.jspecify.annotations.NullMarked;
