package dev.concertina.memory.backend.cuda;

import dev.concertina.memory.backend.Access;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.SocketBuffer;
import dev.concertina.memory.libc.UnixSockets;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32C;

/** Several processes on one memory: attach, kill, attach again; and memory whose only holder is a descriptor. */
final class CudaSharing {
    private static final long MIB = 1L << 20;
    private static final long SEGMENT = 64 * MIB;

    private final CudaDriver driver;
    private final CudaDevice device;
    private final VirtualMemory memory;
    private final Figures figures;
    private final String library;

    CudaSharing(CudaDriver driver, Figures figures, String library) throws IOException {
        this.driver = driver;
        this.device = driver.devices().getFirst();
        this.memory = driver.virtualMemory();
        this.figures = figures;
        this.library = library;
    }

    void all(long modelBytes) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("cuda");
        String path = folder.resolve("s").toString();
        int server = UnixSockets.listen(path);
        try (CudaContext context = driver.context(device);
                CudaStream stream = context.stream();
                Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(SEGMENT, 4096);
            CudaMeasure.randomize(host);
            onlyADescriptor(server, path, context, stream, host);
            model(server, path, context, stream, host, (int) (modelBytes / SEGMENT));
        } finally {
            MemoryFiles.close(server);
            Files.delete(Path.of(path));
            Files.delete(folder);
        }
    }

    /** The exporter is killed while nothing but a descriptor in this process, which mapped nothing yet, holds the memory. */
    private void onlyADescriptor(int server, String path, CudaContext context, CudaStream stream, MemorySegment host)
            throws IOException, InterruptedException {
        long before = context.memory().freeBytes();
        Child exporter = Child.start(library, "export", path);
        int socket = UnixSockets.accept(server);
        byte[] message = new byte[256];
        SocketBuffer.Received received = new SocketBuffer().receive(socket, message, 0, message.length);
        long expected = Long.parseLong(new String(message, 0, received.bytes(), StandardCharsets.UTF_8));
        exporter.kill();
        int fd = received.fds()[0];
        long held = before - context.memory().freeBytes();
        long handle = memory.importFd(fd);
        long address = memory.reserve(SEGMENT, 2 * MIB);
        memory.map(address, SEGMENT, handle);
        memory.setAccess(address, SEGMENT, device.ordinal(), Access.READ_ONLY);
        boolean same = crc(stream, address, host) == expected;
        memory.unmap(address, SEGMENT);
        memory.release(handle);
        memory.free(address, SEGMENT);
        long kept = before - context.memory().freeBytes();
        MemoryFiles.close(fd);
        MemoryFiles.close(socket);
        figures.fact(
                "64 MiB whose exporter was killed with SIGKILL while only a descriptor in another process held them",
                (same ? "all bytes there (CRC32C)" : "bytes LOST") + "; device memory taken then " + held / MIB
                        + " MiB, with the mapping gone and the descriptor open " + kept / MIB
                        + " MiB, descriptor closed "
                        + (before - context.memory().freeBytes()) / MIB + " MiB");
    }

    /** A model in 64 MiB segments, attached by one process after another. */
    private void model(
            int server, String path, CudaContext context, CudaStream stream, MemorySegment host, int segments)
            throws IOException, InterruptedException {
        int[] fds = new int[segments];
        long[] handles = new long[segments];
        CRC32C all = new CRC32C();
        long address = memory.reserve(SEGMENT, 2 * MIB);
        for (int i = 0; i < segments; i++) {
            handles[i] = memory.create(device.ordinal(), SEGMENT);
            fds[i] = memory.exportFd(handles[i]);
            memory.map(address, SEGMENT, handles[i]);
            memory.setAccess(address, SEGMENT, device.ordinal(), Access.READ_WRITE);
            host.set(SharedLibrary.LONG, 0, i * 31L);
            stream.upload(host, address);
            stream.synchronize();
            memory.unmap(address, SEGMENT);
            add(all, host);
        }
        memory.free(address, SEGMENT);
        String size = segments * SEGMENT / MIB + " MiB in " + segments + " segments";
        for (String round : List.of("first process", "another after the first was killed with SIGKILL")) {
            long before = context.memory().freeBytes();
            Child child = Child.start(library, "attach", path, String.valueOf(segments));
            int socket = UnixSockets.accept(server);
            long start = System.nanoTime();
            byte[] message = new byte[256];
            for (int at = 0; at < segments; at += UnixSockets.MAX_FDS) {
                new SocketBuffer()
                        .send(
                                socket,
                                message,
                                0,
                                1,
                                Arrays.copyOfRange(fds, at, Math.min(segments, at + UnixSockets.MAX_FDS)));
            }
            int length = new SocketBuffer()
                    .receive(socket, message, 0, message.length)
                    .bytes();
            long micros = (System.nanoTime() - start) / 1000;
            long taken = before - context.memory().freeBytes();
            String attached = new String(message, 0, length, StandardCharsets.UTF_8);
            length = new SocketBuffer()
                    .receive(socket, message, 0, message.length)
                    .bytes();
            String crc = new String(message, 0, length, StandardCharsets.UTF_8);
            figures.fact(
                    "attach " + size + ", " + round,
                    String.format(Locale.ROOT, "%.1f ms from the first descriptor sent to all mapped (", micros / 1e3)
                            + attached
                            + "); device memory taken by it " + taken / MIB + " MiB; all bytes "
                            + (crc.equals(String.valueOf(all.getValue())) ? "verified (CRC32C)" : "WRONG"));
            child.kill();
            MemoryFiles.close(socket);
        }
        for (int i = 0; i < segments; i++) {
            MemoryFiles.close(fds[i]);
            memory.release(handles[i]);
        }
    }

    /** The other side. */
    static void child(CudaDriver driver, List<String> arguments) throws IOException {
        CudaDevice device = driver.devices().getFirst();
        VirtualMemory memory = driver.virtualMemory();
        try (CudaContext context = driver.context(device);
                CudaStream stream = context.stream();
                Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(SEGMENT, 4096);
            int socket = UnixSockets.connect(arguments.get(1));
            if (arguments.getFirst().equals("export")) {
                CudaMeasure.randomize(host);
                long handle = memory.create(device.ordinal(), SEGMENT);
                long address = memory.reserve(SEGMENT, 2 * MIB);
                memory.map(address, SEGMENT, handle);
                memory.setAccess(address, SEGMENT, device.ordinal(), Access.READ_WRITE);
                stream.upload(host, address);
                stream.synchronize();
                say(socket, String.valueOf(crc(stream, address, host)), memory.exportFd(handle));
            } else {
                attach(socket, Integer.parseInt(arguments.get(2)), memory, device, stream, host);
            }
            new SocketBuffer().receive(socket, new byte[1], 0, 1); // until killed, or the other side is gone
        }
    }

    private static void attach(
            int socket, int segments, VirtualMemory memory, CudaDevice device, CudaStream stream, MemorySegment host)
            throws IOException {
        int[] fds = new int[segments];
        long start = 0;
        for (int got = 0; got < segments; ) {
            int[] some = new SocketBuffer().receive(socket, new byte[1], 0, 1).fds();
            start = start == 0 ? System.nanoTime() : start;
            System.arraycopy(some, 0, fds, got, some.length);
            got += some.length;
        }
        long received = System.nanoTime();
        long address = memory.reserve(segments * SEGMENT, 2 * MIB);
        for (int i = 0; i < segments; i++) {
            long handle = memory.importFd(fds[i]);
            MemoryFiles.close(fds[i]);
            memory.map(address + i * SEGMENT, SEGMENT, handle);
            memory.release(handle); // the mapping holds it
        }
        long mapped = System.nanoTime();
        memory.setAccess(address, segments * SEGMENT, device.ordinal(), Access.READ_ONLY);
        long end = System.nanoTime();
        say(
                socket,
                String.format(
                        Locale.ROOT,
                        "receiving %.1f, importing and mapping %.1f, access %.1f",
                        (received - start) / 1e6,
                        (mapped - received) / 1e6,
                        (end - mapped) / 1e6));
        CRC32C all = new CRC32C();
        for (int i = 0; i < segments; i++) {
            stream.download(address + i * SEGMENT, host);
            stream.synchronize();
            add(all, host);
        }
        say(socket, String.valueOf(all.getValue()));
    }

    private static void say(int socket, String text, int... fds) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        new SocketBuffer().send(socket, bytes, 0, bytes.length, fds);
    }

    private static long crc(CudaStream stream, long address, MemorySegment host) throws IOException {
        host.fill((byte) 0);
        stream.download(address, host);
        stream.synchronize();
        CRC32C crc = new CRC32C();
        add(crc, host);
        return crc.getValue();
    }

    private static void add(CRC32C crc, MemorySegment host) {
        crc.update(host.asByteBuffer());
    }
}
