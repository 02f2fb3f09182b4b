/**
 * What an operator shows of itself and of its deployments: metrics, spans of operations and Kubernetes Events. All are derived from what the custom
 * resources say, by informers of its own, so that nothing that decides or acts has to tell.
 */
@NullMarked
package dev.concertina.operator.observe;

import org.jspecify.annotations.NullMarked;
