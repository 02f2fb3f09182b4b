package dev.concertina.memory.backend.cuda;

/**
 * An accelerator as the driver sees it in this process.
 *
 * @param ordinal its number in this process: {@code CUDA_VISIBLE_DEVICES} and its order decide, so never send it elsewhere
 * @param uuid {@code GPU-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}: the same in every process
 * @param name product name
 * @param memoryBytes all of its memory
 */
public record CudaDevice(int ordinal, String uuid, String name, long memoryBytes) {}
