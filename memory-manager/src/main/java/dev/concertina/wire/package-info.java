/**
 * What Concertina's processes say to each other: the records of the control protocol (operator to agents, workers and gateways;
 * worker to worker; gateway to worker), and the two small pieces every process needs to speak it, {@link
 * dev.concertina.wire.ControlServer} and {@link dev.concertina.wire.ControlClient}. Messages are JSON over HTTP with a bearer
 * token; {@code docs/protocols.md} lists the paths. The package knows nothing of Kubernetes, Quarkus or Vert.x.
 */
@NullMarked
package dev.concertina.wire;

import org.jspecify.annotations.NullMarked;
