/**
 * Read-only REST API: deployments, operations, decisions, placements.
 */
@NullMarked
package dev.concertina.operator.rest;

import org.jspecify.annotations.NullMarked;
