/**
 * Leadership and fencing: a Lease object whose count of transitions is the term that every command carries.
 */
@NullMarked
package dev.concertina.operator.lease;

import org.jspecify.annotations.NullMarked;
