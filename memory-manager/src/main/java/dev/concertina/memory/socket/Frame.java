package dev.concertina.memory.socket;

import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.wire.Json;

/**
 * One received message; its descriptors belong to the receiver, who takes or closes them.
 *
 * @param json the message
 * @param fds descriptors that came along
 */
public record Frame(byte[] json, int[] fds) {
    /**
     * The message as a value.
     *
     * @throws IllegalArgumentException for anything else
     */
    public <T> T as(Class<T> type) {
        return Json.read(json, type);
    }

    /** For a receiver that wants none of them. */
    public void closeFds() {
        for (int fd : fds) {
            MemoryFiles.close(fd);
        }
    }
}
