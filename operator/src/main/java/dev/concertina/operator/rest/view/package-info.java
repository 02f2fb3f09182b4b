/**
 * What the API answers. {@code spec} and {@code status} are those of the custom resources as they are; what people ask for first stands beside
 * them under a name of its own.
 */
@NullMarked
package dev.concertina.operator.rest.view;

import org.jspecify.annotations.NullMarked;
