package dev.concertina.worker.exchange;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * One frame of the exchange, reused: {@code u32} length of the rest, {@code u8} type, then little-endian fields. Strings are {@code u32} length and
 * UTF-8. Not safe for threads.
 */
final class Frame {
    static final byte HELLO = 1;
    static final byte WELCOME = 2;
    static final byte REQUEST = 3;
    static final byte ANSWER = 4;
    static final byte REFUSED = 5;

    /** First field of a hello: "CCT1". */
    static final int MAGIC = 0x31544343;

    static final int MAX_BYTES = 256 << 20;

    private static final int HEADER = Integer.BYTES;
    private ByteBuffer buffer = ByteBuffer.allocate(1 << 12).order(ByteOrder.LITTLE_ENDIAN);

    /** Starts a frame to send. */
    Frame begin(byte type) {
        buffer.clear();
        buffer.position(HEADER);
        buffer.put(type);
        return this;
    }

    Frame putInt(int value) {
        reserve(Integer.BYTES);
        buffer.putInt(value);
        return this;
    }

    Frame putLong(long value) {
        reserve(Long.BYTES);
        buffer.putLong(value);
        return this;
    }

    Frame putString(String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        putInt(bytes.length);
        reserve(bytes.length);
        buffer.put(bytes);
        return this;
    }

    Frame putInts(int[] values, int count) {
        reserve(count * Integer.BYTES);
        buffer.asIntBuffer().put(values, 0, count);
        buffer.position(buffer.position() + count * Integer.BYTES);
        return this;
    }

    Frame putFloats(float[] values, int count) {
        reserve(count * Float.BYTES);
        buffer.asFloatBuffer().put(values, 0, count);
        buffer.position(buffer.position() + count * Float.BYTES);
        return this;
    }

    private void reserve(int bytes) {
        if (buffer.remaining() < bytes) {
            int wanted = Math.max(buffer.capacity() * 2, buffer.position() + bytes);
            buffer = ByteBuffer.allocate(wanted).order(ByteOrder.LITTLE_ENDIAN).put(buffer.flip());
        }
    }

    void send(OutputStream out) throws IOException {
        buffer.putInt(0, buffer.position() - HEADER);
        out.write(buffer.array(), 0, buffer.position());
        out.flush();
    }

    /**
     * Reads the next frame; its fields are then read in order.
     *
     * @return its type
     * @throws IOException at the end of the stream, or for a length out of bounds
     */
    byte receive(InputStream in) throws IOException {
        return receive(in, MAX_BYTES);
    }

    /** The same with a bound on the frame's length, for peers that are not known yet. */
    byte receive(InputStream in, int most) throws IOException {
        buffer.clear();
        read(in, 0, HEADER);
        int length = buffer.getInt(0);
        if (length < 1 || length > most) {
            throw new IOException("a frame of " + length + " bytes; is the peer an exchange of the same version?");
        }
        if (buffer.capacity() < length) {
            buffer =
                    ByteBuffer.allocate(Math.max(length, buffer.capacity() * 2)).order(ByteOrder.LITTLE_ENDIAN);
        }
        read(in, 0, length);
        buffer.position(0).limit(length);
        return buffer.get();
    }

    private void read(InputStream in, int from, int count) throws IOException {
        if (in.readNBytes(buffer.array(), from, count) < count) {
            throw new EOFException("the peer closed the connection");
        }
    }

    int getInt() throws IOException {
        need(Integer.BYTES);
        return buffer.getInt();
    }

    long getLong() throws IOException {
        need(Long.BYTES);
        return buffer.getLong();
    }

    String getString() throws IOException {
        int length = getInt();
        need(length);
        String value = new String(buffer.array(), buffer.position(), length, StandardCharsets.UTF_8);
        buffer.position(buffer.position() + length);
        return value;
    }

    void getInts(int[] values, int count) throws IOException {
        need((long) count * Integer.BYTES);
        buffer.asIntBuffer().get(values, 0, count);
        buffer.position(buffer.position() + count * Integer.BYTES);
    }

    void getFloats(float[] values, int count) throws IOException {
        need((long) count * Float.BYTES);
        buffer.asFloatBuffer().get(values, 0, count);
        buffer.position(buffer.position() + count * Float.BYTES);
    }

    /** Bytes not yet read. */
    int remaining() {
        return buffer.remaining();
    }

    private void need(long bytes) throws IOException {
        if (bytes < 0 || bytes > buffer.remaining()) {
            throw new IOException("a frame ends early");
        }
    }
}
