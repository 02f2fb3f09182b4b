/**
 * Everything live, as server-sent events: each subscriber is told what differs from what it was told last, first all there is.
 */
@NullMarked
package dev.concertina.operator.rest.live;

import org.jspecify.annotations.NullMarked;
