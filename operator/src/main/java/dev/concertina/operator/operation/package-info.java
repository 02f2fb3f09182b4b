/**
 * The change of width, phase by phase. States are sealed records whose transitions are methods; each state is persisted before its work
 * begins, and each phase's work can be done again from any point, so that a new operator goes on where a killed one stopped.
 */
@NullMarked
package dev.concertina.operator.operation;

import org.jspecify.annotations.NullMarked;
