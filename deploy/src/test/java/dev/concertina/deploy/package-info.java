/**
 * Checks the Helm chart, the Kustomize folders rendered from it, the manifests for Argo CD and Flux and the samples against the rest of the
 * project: CRDs, version, labels, security standards, health.
 */
@NullMarked
package dev.concertina.deploy;

import org.jspecify.annotations.NullMarked;
