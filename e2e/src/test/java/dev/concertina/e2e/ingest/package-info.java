/** The operator's ingest on a real Kafka broker. */
@NullMarked
package dev.concertina.e2e.ingest;

import org.jspecify.annotations.NullMarked;
