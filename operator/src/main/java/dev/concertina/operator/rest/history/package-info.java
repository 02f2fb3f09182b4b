/**
 * What the load and the width were lately, for who begins to look now: sampled by the leading operator, bounded, in memory. Prometheus is the
 * place for longer.
 */
@NullMarked
package dev.concertina.operator.rest.history;

import org.jspecify.annotations.NullMarked;
