/**
 * The wishes of a {@code MoEDeployment} with every default filled in and every value checked; nothing is written back.
 */
@NullMarked
package dev.concertina.operator.spec;

import org.jspecify.annotations.NullMarked;
