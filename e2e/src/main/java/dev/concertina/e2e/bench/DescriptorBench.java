package dev.concertina.e2e.bench;

import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.UnixSockets;
import dev.concertina.memory.socket.Frame;
import dev.concertina.memory.socket.FrameServer;
import dev.concertina.memory.socket.FrameSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

/** Descriptors from one end of a unix socket to the other, both ends on this thread: as frames, and by {@code sendmsg} and {@code recvmsg} alone. */
final class DescriptorBench implements AutoCloseable {
    private static final int PASSES = 200;

    /** Rounds are short here: both sides are to be compiled code. */
    private static final int WARM = 20;

    private final CountDownLatch done = new CountDownLatch(1);
    private final FrameServer server;
    private final FrameSocket from;
    private final FrameSocket to;
    private final int listening;
    private final int bareFrom;
    private final int bareTo;
    private final int file;
    private final BareCalls bare = new BareCalls();
    private final int[] received = new int[64];

    DescriptorBench(Path folder) throws IOException, InterruptedException {
        CompletableFuture<FrameSocket> accepted = new CompletableFuture<>();
        server = new FrameServer(folder.resolve("frames"), "rw-------", connection -> {
            accepted.complete(connection);
            try {
                done.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        from = FrameSocket.connect(folder.resolve("frames"));
        to = accepted.join();
        listening = UnixSockets.listen(folder.resolve("bare").toString());
        bareFrom = UnixSockets.connect(folder.resolve("bare").toString());
        bareTo = UnixSockets.accept(listening);
        file = MemoryFiles.create("bench", 2 << 20);
    }

    List<Result> run(int warmUps, int rounds) throws IOException, InterruptedException {
        return List.of(
                pass(1, "one descriptor passed", warmUps, rounds), pass(64, "64 descriptors passed", warmUps, rounds));
    }

    private Result pass(int count, String name, int warmUps, int rounds) throws IOException, InterruptedException {
        int[] fds = IntStream.range(0, count).map(i -> file).toArray();
        double[] us = Repetitions.medians(WARM * warmUps, rounds, () -> framesUs(fds), () -> bareUs(fds));
        return Result.of(name, us[0], "us", "sendmsg and recvmsg", us[1], Aim.ratioAtMost(2));
    }

    private double framesUs(int[] fds) throws IOException {
        Map<String, Integer> message = Map.of("count", fds.length);
        long began = System.nanoTime();
        for (int i = 0; i < PASSES; i++) {
            from.send(message, fds);
            Frame frame = to.receive();
            if (frame == null || frame.fds().length != fds.length) {
                throw new IOException("descriptors were lost on the way");
            }
            frame.closeFds();
        }
        return (System.nanoTime() - began) / 1e3 / PASSES;
    }

    private double bareUs(int[] fds) throws IOException {
        long began = System.nanoTime();
        for (int i = 0; i < PASSES; i++) {
            bare.send(bareFrom, fds);
            int count = bare.receive(bareTo, received);
            for (int at = 0; at < count; at++) {
                BareCalls.closeFd(received[at]);
            }
        }
        return (System.nanoTime() - began) / 1e3 / PASSES;
    }

    @Override
    public void close() throws IOException {
        done.countDown();
        from.close();
        server.close();
        for (int fd : new int[] {listening, bareFrom, bareTo, file}) {
            MemoryFiles.close(fd);
        }
        bare.close();
    }
}
