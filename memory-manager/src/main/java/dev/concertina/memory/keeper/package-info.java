/**
 * The keeper: a tiny process that creates memory, holds its file descriptors, each with a note the agent wrote, and gives them back to the
 * next agent. It decides nothing and almost never changes, so that an agent's crash or update loses no byte. The pages are committed
 * here, so they count against the keeper's memory limit.
 */
@NullMarked
package dev.concertina.memory.keeper;

import org.jspecify.annotations.NullMarked;
