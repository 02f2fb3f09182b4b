package dev.concertina.memory.testing;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.wire.Json;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.zip.CRC32C;

/** An agent that has one object and sends it badly, a different way for every request. */
public final class FaultyPeer implements AutoCloseable {
    /** What it does with a request. */
    public enum Fault {
        NONE,
        FLIP_A_BIT,
        END_HALF_WAY,
        STALL_HALF_WAY,
        ANNOUNCE_LESS,
        REFUSE,
        TALK_NONSENSE,
        HANG_UP
    }

    public final CountDownLatch stalled = new CountDownLatch(1);
    /** The byte from which each request wanted the object. */
    public final List<Long> asked = new CopyOnWriteArrayList<>();

    private final byte[] object;
    private final BlockingQueue<Fault> faults;
    private final ServerSocket server;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    /** {@code faults}: for one request after the other; afterwards it hangs up. */
    public FaultyPeer(byte[] object, Fault... faults) throws IOException {
        this.object = object;
        this.faults = new LinkedBlockingQueue<>(List.of(faults));
        this.server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        Thread.ofVirtual().start(this::accept);
    }

    /** As an agent's control address; only the data port behind it is there. */
    public String address() {
        return "127.0.0.1:" + (server.getLocalPort() - 1);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            receive(in);
            reply(out, Map.of("status", 200, "bytes", 0, "crc32c", 0));
            while (true) {
                long from = receive(in).path("fetch").path("from").asLong();
                asked.add(from);
                Fault fault = faults.poll();
                if (fault == null || !answer(fault, (int) from, out)) {
                    return;
                }
            }
        } catch (IOException | InterruptedException e) {
            // the other side has seen enough
        }
    }

    private boolean answer(Fault fault, int from, OutputStream out) throws IOException, InterruptedException {
        CRC32C crc = new CRC32C();
        crc.update(object);
        int half = (object.length - from) / 2;
        int announced = fault == Fault.ANNOUNCE_LESS ? object.length - 1 : object.length;
        switch (fault) {
            case HANG_UP -> {
                return false;
            }
            case TALK_NONSENSE -> {
                out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                return true;
            }
            case REFUSE -> {
                reply(out, Map.of("status", 404, "error", "it is gone", "bytes", 0, "crc32c", 0));
                return true;
            }
            default -> reply(out, Map.of("status", 200, "bytes", announced, "crc32c", crc.getValue()));
        }
        byte[] sent = object.clone();
        if (fault == Fault.FLIP_A_BIT) {
            sent[from + half] ^= 4;
        }
        boolean all = fault != Fault.END_HALF_WAY && fault != Fault.STALL_HALF_WAY;
        out.write(sent, from, all ? sent.length - from : half);
        out.flush();
        if (fault == Fault.STALL_HALF_WAY) {
            stalled.countDown();
            Thread.sleep(60_000);
        }
        return all;
    }

    private static JsonNode receive(DataInputStream in) throws IOException {
        byte[] json = new byte[Integer.reverseBytes(in.readInt())];
        in.readFully(json);
        return Json.mapper().readTree(json);
    }

    private static void reply(OutputStream out, Object message) throws IOException {
        byte[] json = Json.write(message);
        out.write(ByteBuffer.allocate(4 + json.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(json.length)
                .put(json)
                .array());
        out.flush();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
