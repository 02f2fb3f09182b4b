/** Checks the Helm chart and the samples against the rest of the project: CRDs, version, labels, security standards. */
@NullMarked
package dev.concertina.deploy;

import org.jspecify.annotations.NullMarked;
