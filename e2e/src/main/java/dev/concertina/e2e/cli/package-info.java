/** The commands of {@code ./concertina}: what they are called, what they take, and how they end. The work is done elsewhere. */
@NullMarked
package dev.concertina.e2e.cli;

import org.jspecify.annotations.NullMarked;
