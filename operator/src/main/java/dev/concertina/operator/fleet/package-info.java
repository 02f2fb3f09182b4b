/**
 * What the operator sees of the world outside Kubernetes, and how it speaks to it: agents, workers and gateways over the control protocol. Each
 * observation is an immutable snapshot; a peer that does not answer is unknown, never empty.
 */
@NullMarked
package dev.concertina.operator.fleet;

import org.jspecify.annotations.NullMarked;
