/** The worker's HTTP side: commands of the operator, fenced by Lease term, and token streams. */
@NullMarked
package dev.concertina.worker.server;

import org.jspecify.annotations.NullMarked;
