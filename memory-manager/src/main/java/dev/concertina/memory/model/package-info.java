/**
 * How a model's weights lie in files and in memory: safetensors folders (one file or sharded) read and checked hard, routed experts
 * found by name, and the packing of each movable object (all dense tensors together; one expert's gate, up and down) into its segment.
 */
@NullMarked
package dev.concertina.memory.model;

import org.jspecify.annotations.NullMarked;
