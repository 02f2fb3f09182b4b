package dev.concertina.memory.agent;

import dev.concertina.memory.client.ClientMessages.Operation;
import dev.concertina.memory.client.ClientMessages.Reply;
import dev.concertina.memory.client.ClientMessages.Request;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.socket.Frame;
import dev.concertina.memory.socket.FrameSocket;
import dev.concertina.wire.ObjectId;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** A client of another user that tries what it must not be able to do with the descriptors it gets; prints how each attempt ended. */
final class ForeignUserChild {
    private static final long GRANULE = 2L << 20;

    private ForeignUserChild() {}

    @FunctionalInterface
    private interface Attempt {
        void run() throws Exception;
    }

    private static void say(String what, Attempt attempt) {
        try {
            attempt.run();
            System.out.println(what + "=done");
        } catch (Exception e) {
            System.out.println(what + "=" + e);
        }
    }

    public static void main(String[] arguments) throws Exception {
        System.out.println("uid=" + Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        try (FrameSocket socket = FrameSocket.connect(Path.of(arguments[0]))) {
            socket.send(new Request(Operation.JOIN, TestNode.joining(0), null, null, null, null, 0));
            System.out.println("join=" + answer(socket).as(Reply.class).status());
            socket.send(Request.of(Operation.ATTACH, List.of(ObjectId.expert(0, 1))));
            System.out.println("foreign=" + answer(socket).as(Reply.class).error());
            socket.send(Request.of(Operation.ATTACH, List.of(ObjectId.DENSE, ObjectId.KV)));
            Frame frame = answer(socket);
            if (frame.fds().length == 2) {
                attempts("dense", frame.fds()[0]);
                attempts("kv", frame.fds()[1]);
            }
        }
        System.out.println("end");
    }

    private static Frame answer(FrameSocket socket) throws Exception {
        Frame frame = socket.receive();
        if (frame == null) {
            throw new IllegalStateException("the agent hung up");
        }
        return frame;
    }

    private static void attempts(String what, int fd) throws Exception {
        Path file = Path.of("/proc/self/fd/" + fd);
        say(what + " map-read", () -> map(fd, MemoryFiles.PROT_READ));
        say(what + " map-write", () -> map(fd, MemoryFiles.PROT_READ | MemoryFiles.PROT_WRITE));
        say(what + " upgrade", () -> {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.allocate(1), 0);
            }
        });
        say(what + " chmod", () -> Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-")));
        say(what + " shrink", () -> MemoryFiles.resize(fd, 0));
        say(what + " grow", () -> MemoryFiles.resize(fd, 1L << 30));
    }

    private static void map(int fd, int protection) throws Exception {
        long address = MemoryFiles.reserve(2 * GRANULE);
        try {
            MemoryFiles.mapFixed(address, GRANULE, fd);
            MemoryFiles.protect(address, GRANULE, protection);
        } finally {
            MemoryFiles.unmap(address, 2 * GRANULE);
        }
    }
}
