/**
 * The operator application: start and stop, wiring, health. {@link dev.concertina.operator.app.Control} builds the features from a client, a
 * token and settings, and knows nothing of Quarkus, so that tests can start and stop it like a process.
 */
@NullMarked
package dev.concertina.operator.app;

import org.jspecify.annotations.NullMarked;
