/**
 * NVIDIA accelerators behind the memory backend's interface: the driver's virtual memory management and copies, and NVML for discovery,
 * called through {@code java.lang.foreign}, no C of ours. Nothing here runs on a virtual thread: a CUDA context belongs to an operating
 * system thread. Where there is no driver, opening it fails with one sentence that says so. See {@code docs/gpu.md}.
 */
@NullMarked
package dev.concertina.memory.backend.cuda;

import org.jspecify.annotations.NullMarked;
