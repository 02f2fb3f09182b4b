/**
 * The process kubelet: binds the real {@code Pod} objects of the local API server to simulated nodes and runs their containers as local
 * processes, each pod on a loopback address of its own. It reads the pod as a kubelet does (environment, downward fields, secrets, volumes,
 * probes, restart policy, deletion with a grace period) and writes the status a kubelet writes, so the operator cannot tell the difference.
 * A process has no mount namespace, so mount paths in arguments and environment are rewritten to the node's folders.
 */
@NullMarked
package dev.concertina.e2e.kubelet;

import org.jspecify.annotations.NullMarked;
