/**
 * The verbs of {@code ./concertina} and {@code kubectl concertina} that talk to an operator's admin API: {@code get}, {@code scale}, {@code
 * what-if} and the like. Each is one call; output is a table, JSON or YAML.
 */
@NullMarked
package dev.concertina.e2e.admin;

import org.jspecify.annotations.NullMarked;
