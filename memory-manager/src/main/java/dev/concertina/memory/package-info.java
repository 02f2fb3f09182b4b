/** The two processes of a node, keeper and agent: their settings and mains. */
@NullMarked
package dev.concertina.memory;

import org.jspecify.annotations.NullMarked;
