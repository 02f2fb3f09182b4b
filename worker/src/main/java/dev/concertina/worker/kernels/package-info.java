/**
 * The arithmetic of the engine: bfloat16 weights, float32 values, no state. One interface, a vector implementation and its scalar twin that gives the
 * same bits. Every reduction runs in 16 logical lanes with one fixed final tree, whatever the hardware's width, and every output row is a
 * function of its own input row alone, so batch, chunking and placement never show in a result.
 */
@NullMarked
package dev.concertina.worker.kernels;

import org.jspecify.annotations.NullMarked;
