/**
 * Which ranks serve now, observed from agents and workers, and the routes that gateways get from it, again and again.
 */
@NullMarked
package dev.concertina.operator.routes;

import org.jspecify.annotations.NullMarked;
