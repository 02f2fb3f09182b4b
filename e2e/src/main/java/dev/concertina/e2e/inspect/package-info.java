/**
 * {@code ./concertina inspect memory}: what the agents of a running Concertina hold, as a table and as JSON. It asks the agents and the workers
 * that have joined them, and changes nothing.
 */
@NullMarked
package dev.concertina.e2e.inspect;

import org.jspecify.annotations.NullMarked;
