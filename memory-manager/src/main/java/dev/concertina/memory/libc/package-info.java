/**
 * The few Linux system calls the memory manager needs, through {@code java.lang.foreign}: memory files, mappings and unix sockets that
 * carry file descriptors. Thin on purpose: one method a call, no policy, every failure an {@link
 * dev.concertina.memory.libc.ErrnoException} that names the call and its arguments. Call from platform threads where a call may block.
 */
@NullMarked
package dev.concertina.memory.libc;

import org.jspecify.annotations.NullMarked;
