/**
 * Traces of operations. A package of its own, below those that drive operations and those that tell of them, since both need the ids that a trace
 * has.
 */
@NullMarked
package dev.concertina.operator.trace;

import org.jspecify.annotations.NullMarked;
