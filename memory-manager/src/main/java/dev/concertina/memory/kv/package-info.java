/**
 * What a KV segment says about its own pages, beside them: whose each page is, in which state, and which tokens its keys and values are of. Engines
 * and agents are different processes that may stall or die at any moment, so they agree through one atomic word a page.
 */
@NullMarked
package dev.concertina.memory.kv;

import org.jspecify.annotations.NullMarked;
