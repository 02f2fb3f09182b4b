/**
 * What an engine process uses: join the node's agent, attach the pages of its own device, read the model's layout, hand KV pages
 * over. Nothing is loaded here; a client maps what the agent has staged. The socket to the agent is the lease.
 */
@NullMarked
package dev.concertina.memory.client;

import org.jspecify.annotations.NullMarked;
