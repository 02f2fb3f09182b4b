/**
 * Settings of the operator: one mapping of the environment that docs/protocols.md lists.
 */
@NullMarked
package dev.concertina.operator.settings;

import org.jspecify.annotations.NullMarked;
