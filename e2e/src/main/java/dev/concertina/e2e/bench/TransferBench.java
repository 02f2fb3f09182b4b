package dev.concertina.e2e.bench;

import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.mover.Bandwidth;
import dev.concertina.memory.mover.Download;
import dev.concertina.memory.mover.Payload;
import dev.concertina.memory.mover.Replica;
import dev.concertina.memory.mover.TcpTransport;
import dev.concertina.memory.mover.TransferServer;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Token;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;

/**
 * Experts over loopback, from memory files into touched, mapped ones, one thread a side: through the transport, and by {@code transferTo} and {@code read} on one open connection with the
 * same checksum.
 */
final class TransferBench implements AutoCloseable {
    private static final int SEGMENT_BYTES = 10 << 20;
    private static final int SEGMENTS = 20;
    private static final int CHUNK_BYTES = 1 << 20;

    private final int source;
    private final int target;
    private final FileChannel file;
    private final MemorySegment mapped;
    private final long crc32c;
    private final Bandwidth bandwidth = new Bandwidth(OptionalLong.empty());
    private final TransferServer server;
    private final TcpTransport transport;
    private final SocketChannel bareFrom;
    private final SocketChannel bareTo;

    TransferBench() throws IOException {
        source = MemoryFiles.create("from", SEGMENT_BYTES);
        target = MemoryFiles.create("to", SEGMENT_BYTES);
        MemorySegment content = BareCalls.map(source, SEGMENT_BYTES, BareCalls.READ | BareCalls.WRITE);
        mapped = BareCalls.map(target, SEGMENT_BYTES, BareCalls.READ | BareCalls.WRITE);
        byte[] random = new byte[SEGMENT_BYTES];
        new java.util.Random(1).nextBytes(random);
        content.copyFrom(MemorySegment.ofArray(random));
        mapped.fill((byte) 1);
        BareCalls.unmap(content);
        CRC32C crc = new CRC32C();
        crc.update(random);
        crc32c = crc.getValue();
        file = FileChannel.open(Path.of("/proc/self/fd/" + source));
        Token token = new Token("a-token-of-the-benchmark");
        server = new TransferServer(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                token,
                bandwidth,
                (deployment, object, device) ->
                        Payload.of(FileChannel.open(Path.of("/proc/self/fd/" + source)), SEGMENT_BYTES, crc32c),
                (deployment, device, owner, bytes, offsets) -> {
                    throw new ControlException(404, "no KV pool");
                });
        transport = new TcpTransport(token, bandwidth);
        try (ServerSocketChannel listening = ServerSocketChannel.open()) {
            listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            bareFrom = SocketChannel.open(listening.getLocalAddress());
            bareTo = listening.accept();
        }
    }

    List<Result> run(int warmUps, int rounds) throws IOException, InterruptedException {
        double[] gBps = Repetitions.medians(warmUps, rounds, this::transportGBps, this::bareGBps);
        return List.of(Result.of(
                "node to node, 20 x 10 MiB",
                gBps[0],
                "GB/s",
                "transferTo, read, CRC32C",
                gBps[1],
                Aim.ratioAtLeast(0.7)));
    }

    private double transportGBps() throws IOException {
        Replica from = new Replica("127.0.0.1:" + (server.port() - 1), "bench/model", ObjectId.expert(0, 0), 0);
        long began = System.nanoTime();
        for (int i = 0; i < SEGMENTS; i++) {
            Download download = new Download(mapped, bytes -> {});
            transport.fetch(from, download, () -> false);
            if (download.crc32c() != crc32c) {
                throw new IOException("a wrong checksum");
            }
        }
        return (double) SEGMENTS * SEGMENT_BYTES / (System.nanoTime() - began);
    }

    private double bareGBps() throws IOException {
        long began = System.nanoTime();
        CompletableFuture<Void> sending = new CompletableFuture<>();
        Thread sender = Thread.ofPlatform().start(() -> {
            try {
                for (int i = 0; i < SEGMENTS; i++) {
                    for (long at = 0; at < SEGMENT_BYTES; ) {
                        at += file.transferTo(at, SEGMENT_BYTES - at, bareFrom);
                    }
                }
                sending.complete(null);
            } catch (IOException e) {
                sending.completeExceptionally(e);
            }
        });
        for (int i = 0; i < SEGMENTS; i++) {
            receive();
        }
        double gBps = (double) SEGMENTS * SEGMENT_BYTES / (System.nanoTime() - began);
        try {
            sender.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        sending.join();
        return gBps;
    }

    private void receive() throws IOException {
        CRC32C crc = new CRC32C();
        int at = 0;
        while (at < SEGMENT_BYTES) {
            ByteBuffer part = mapped.asSlice(at, Math.min(CHUNK_BYTES, SEGMENT_BYTES - at))
                    .asByteBuffer();
            int count = bareTo.read(part);
            if (count < 0) {
                throw new EOFException("the sender has ended");
            }
            crc.update(part.flip());
            at += count;
        }
        if (crc.getValue() != crc32c) {
            throw new IOException("a wrong checksum");
        }
    }

    @Override
    public void close() throws IOException {
        transport.close();
        server.close();
        bareFrom.close();
        bareTo.close();
        file.close();
        BareCalls.unmap(mapped);
        MemoryFiles.close(source);
        MemoryFiles.close(target);
    }
}
