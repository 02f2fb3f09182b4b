/** Paged keys and values in the device's KV segment: how a page is laid out, and which pages are free. */
@NullMarked
package dev.concertina.worker.kv;

import org.jspecify.annotations.NullMarked;
