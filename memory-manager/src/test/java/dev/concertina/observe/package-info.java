/** Metrics and traces, over the wire where it matters. */
package dev.concertina.observe;
