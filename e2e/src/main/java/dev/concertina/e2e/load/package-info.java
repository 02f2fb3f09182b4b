/**
 * Open-loop load: a trace of requests (read from a file in the Azure format, or generated), compressed in time and length, sent on its own
 * schedule whether the service keeps up or not, and the record of what every request got back, token by token.
 */
@NullMarked
package dev.concertina.e2e.load;

import org.jspecify.annotations.NullMarked;
