/** A look at an installation from outside, as the chart's {@code helm test} takes it: a process of its own, a client like any other. */
@NullMarked
package dev.concertina.gateway.check;

import org.jspecify.annotations.NullMarked;
