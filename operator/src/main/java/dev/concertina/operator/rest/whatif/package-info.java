/**
 * Questions to the scheduler that change nothing: what a load and a width would bring, and what another policy would have decided.
 */
@NullMarked
package dev.concertina.operator.rest.whatif;

import org.jspecify.annotations.NullMarked;
