/** The acceptance check of everything: each stream's tokens against those of a single process that generates the same prompt alone. */
@NullMarked
package dev.concertina.e2e.check;

import org.jspecify.annotations.NullMarked;
