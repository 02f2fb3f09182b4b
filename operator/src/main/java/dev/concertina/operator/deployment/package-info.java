/**
 * The {@code MoEDeployment}: validate, observe, compare desired with effective, start at most one operation, report conditions.
 */
@NullMarked
package dev.concertina.operator.deployment;

import org.jspecify.annotations.NullMarked;
