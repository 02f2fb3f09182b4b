/**
 * Traffic events from Kafka into the scheduler's load trackers, one per deployment. Silence is missing data, never zero traffic.
 */
@NullMarked
package dev.concertina.operator.ingest;

import org.jspecify.annotations.NullMarked;
