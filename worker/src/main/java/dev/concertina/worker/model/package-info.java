/**
 * One forward pass of a Qwen3-MoE: the shape read from {@code config.json}, dense weights viewed in the attached segment, attention over KV
 * pages, the router, and a port through which a layer's experts are asked for wherever they are. Nothing here knows of ranks or sockets.
 */
@NullMarked
package dev.concertina.worker.model;

import org.jspecify.annotations.NullMarked;
