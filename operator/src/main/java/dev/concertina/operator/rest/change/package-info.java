/**
 * Writing: a change is a merge patch of the custom resource with the version it was read at, under a field manager of this API's own;
 * reconcilers carry it out. {@code If-Match} guards against lost updates, {@code Idempotency-Key} against doing a thing twice.
 */
@NullMarked
package dev.concertina.operator.rest.change;

import org.jspecify.annotations.NullMarked;
