/**
 * The operator application: settings, start and stop, health. It wires the features beside it and decides nothing that the scheduler could
 * decide.
 */
@NullMarked
package dev.concertina.operator;

import org.jspecify.annotations.NullMarked;
