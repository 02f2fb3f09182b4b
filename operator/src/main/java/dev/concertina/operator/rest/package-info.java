/**
 * The admin REST API, {@code /api/v1}: what kubectl does, with the scheduler's answers beside it. Reading and writing go to the Kubernetes API
 * server; reconcilers carry out what is written. Every method says with {@link dev.concertina.operator.rest.access.Needs} which right it asks
 * for, and one without is refused. Errors are problem details (RFC 9457).
 */
@NullMarked
package dev.concertina.operator.rest;

import org.jspecify.annotations.NullMarked;
