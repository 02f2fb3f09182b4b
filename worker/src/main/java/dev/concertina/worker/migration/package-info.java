/**
 * Live sequences moving between ranks: pages are reserved on the target, the sequence stands still between two steps, the agents copy its pages, the
 * target goes on. Until the target has answered, the sequence belongs to the source.
 */
@NullMarked
package dev.concertina.worker.migration;

import org.jspecify.annotations.NullMarked;
