/**
 * Placements as a rank holds them: an epoch is attached (its pages mapped), later used, later retired. Readers hold an epoch while they compute
 * with it, and pages are unmapped only when nobody does.
 */
@NullMarked
package dev.concertina.worker.epoch;

import org.jspecify.annotations.NullMarked;
