/**
 * One engine process per accelerator. It attaches what the node's memory manager holds, joins the other ranks' expert exchange, and generates
 * tokens; it loads nothing and decides nothing about placement.
 */
@NullMarked
package dev.concertina.worker;

import org.jspecify.annotations.NullMarked;
