/**
 * {@code ExpertPlacement} objects: one per epoch, never changed. The one with the highest applied epoch is what serves.
 */
@NullMarked
package dev.concertina.operator.placement;

import org.jspecify.annotations.NullMarked;
