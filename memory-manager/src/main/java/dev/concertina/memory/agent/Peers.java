package dev.concertina.memory.agent;

import dev.concertina.wire.ControlException;
import dev.concertina.wire.Json;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;

/**
 * The bytes between nodes: objects fetched from another agent, KV pages sent to one, over HTTP with a checksum. A transfer that stalls
 * ends with an {@link IOException} after {@link #STALL}.
 */
final class Peers {
    static final Duration STALL = Duration.ofSeconds(15);
    static final String CHECKSUM_HEADER = "X-Crc32c";
    static final int CHUNK_BYTES = 256 << 10;

    private final Token token;

    Peers(Token token) {
        this.token = token;
    }

    /**
     * Fetches an object of another agent's device into {@code target}.
     *
     * @return its checksum, which the bytes received have
     * @throws ControlException when the other agent refuses
     * @throws IOException broken off, stalled, truncated, of another size, or corrupted
     */
    long fetch(String agentAddress, ObjectKey key, MemorySegment target, BooleanSupplier stop) throws IOException {
        String path = "/v1/objects?deployment=" + encode(key.deployment()) + "&device=" + key.device() + "&object="
                + encode(key.object().toString());
        HttpURLConnection connection = open(agentAddress, path);
        answered(connection, agentAddress + path);
        if (connection.getContentLengthLong() != target.byteSize()) {
            connection.disconnect();
            throw new IOException(key + " at " + agentAddress + " has " + connection.getContentLengthLong() + " bytes, "
                    + target.byteSize() + " are expected");
        }
        CRC32C crc = new CRC32C();
        byte[] chunk = new byte[CHUNK_BYTES];
        long at = 0;
        try (InputStream in = connection.getInputStream()) {
            while (at < target.byteSize()) {
                Checksums.stopIf(stop);
                int count = in.read(chunk, 0, (int) Math.min(chunk.length, target.byteSize() - at));
                if (count < 0) {
                    throw new IOException(key + " from " + agentAddress + " was truncated at byte " + at + " of "
                            + target.byteSize());
                }
                crc.update(chunk, 0, count);
                MemorySegment.copy(chunk, 0, target, ValueLayout.JAVA_BYTE, at, count);
                at += count;
            }
        } catch (IOException | RuntimeException e) {
            connection.disconnect(); // what is left of the answer is of no use
            throw e;
        }
        String announced = connection.getHeaderField(CHECKSUM_HEADER);
        if (!Long.toHexString(crc.getValue()).equals(announced)) {
            throw new IOException(key + " from " + agentAddress + " was corrupted on the way: CRC32C "
                    + Long.toHexString(crc.getValue()) + " instead of " + announced);
        }
        return crc.getValue();
    }

    /** Sends runs of a KV pool to another agent's device; returns when they are there and checked. */
    void sendKv(
            String agentAddress,
            String deployment,
            int device,
            MemorySegment pool,
            List<Long> from,
            List<Long> to,
            long bytes,
            long owner)
            throws IOException {
        CRC32C crc = new CRC32C();
        for (long offset : from) {
            Checksums.update(crc, pool.asSlice(offset, bytes));
        }
        String offsets = to.stream().map(String::valueOf).collect(Collectors.joining(","));
        String path = "/v1/kv?deployment=" + encode(deployment) + "&device=" + device + "&bytes=" + bytes + "&owner="
                + owner + "&offsets=" + offsets;
        HttpURLConnection connection = open(agentAddress, path);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setFixedLengthStreamingMode(bytes * from.size());
        connection.setRequestProperty(CHECKSUM_HEADER, Long.toHexString(crc.getValue()));
        try (OutputStream out = connection.getOutputStream()) {
            for (long offset : from) {
                write(pool.asSlice(offset, bytes), out);
            }
        } catch (IOException e) {
            answered(connection, agentAddress + "/v1/kv"); // a refusal before all was read: say why
            throw e;
        }
        answered(connection, agentAddress + "/v1/kv");
        connection.getInputStream().close();
    }

    /** Writes a segment's bytes. */
    static void write(MemorySegment segment, OutputStream out) throws IOException {
        byte[] chunk = new byte[(int) Math.min(CHUNK_BYTES, segment.byteSize())];
        for (long at = 0; at < segment.byteSize(); at += chunk.length) {
            int count = (int) Math.min(chunk.length, segment.byteSize() - at);
            MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, at, chunk, 0, count);
            out.write(chunk, 0, count);
        }
    }

    private HttpURLConnection open(String agentAddress, String path) throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://" + agentAddress + path).toURL().openConnection();
        connection.setConnectTimeout((int) Duration.ofSeconds(5).toMillis());
        connection.setReadTimeout((int) STALL.toMillis());
        connection.setInstanceFollowRedirects(false);
        connection.setRequestProperty("Authorization", token.authorization());
        return connection;
    }

    private static void answered(HttpURLConnection connection, String what) throws IOException {
        int status = connection.getResponseCode();
        if (status == 200) {
            return;
        }
        String reason = "no reason given";
        try (InputStream error = connection.getErrorStream()) {
            if (error != null) {
                reason = Json.mapper()
                        .readTree(error.readNBytes(1 << 16))
                        .path("error")
                        .asText(reason);
            }
        }
        throw new ControlException(status, what + ": " + reason);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
