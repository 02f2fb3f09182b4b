/**
 * Physical memory and address space apart from each other, as CUDA's virtual memory management has them: create a handle, reserve a
 * range, map, give access, unmap, release. The posix backend keeps CUDA's stricter rules, so that what passes here does not fail there.
 */
@NullMarked
package dev.concertina.memory.backend;

import org.jspecify.annotations.NullMarked;
