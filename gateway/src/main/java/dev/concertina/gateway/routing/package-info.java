/**
 * Where requests go. A {@link dev.concertina.gateway.routing.Generation} is one request's life: it waits in its {@link
 * dev.concertina.gateway.routing.Deployment}'s queue, runs on a rank, follows a move, and is sent again elsewhere after a loss with the tokens
 * it already has, so that its client sees every token once and in order. All of it is confined to one event loop.
 */
@NullMarked
package dev.concertina.gateway.routing;

import org.jspecify.annotations.NullMarked;
