/**
 * The way to the web console, whose files are static resources in {@code /console/}: bundled from {@code src/main/console}, without a token,
 * as they hold nothing; everything they show is asked of the API with the reader's own token.
 */
@NullMarked
package dev.concertina.operator.rest.console;

import org.jspecify.annotations.NullMarked;
