/**
 * Worker pods, one per rank: built as a value, created and deleted by name. A pod's process joins its agent by itself.
 */
@NullMarked
package dev.concertina.operator.pods;

import org.jspecify.annotations.NullMarked;
