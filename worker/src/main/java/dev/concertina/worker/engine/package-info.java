/**
 * The step loop: one platform thread that admits sequences, runs one batch after the other and takes everything else (a new epoch, a freeze
 * for a hand-over, an adoption) between two steps. A step that cannot finish changes nothing and is run again.
 */
@NullMarked
package dev.concertina.worker.engine;

import org.jspecify.annotations.NullMarked;
