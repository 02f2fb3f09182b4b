package dev.concertina.e2e.plan;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * An array of a NumPy archive (.npz: a zip of .npy files, format 1 to 3), in C order.
 *
 * @param name of the array
 * @param type NumPy's, for example {@code |u1} or {@code <f4}
 * @param shape lengths of its dimensions
 * @param data the elements, little-endian
 */
public record Npy(String name, String type, int[] shape, ByteBuffer data) {
    private static final Pattern DESCR = Pattern.compile("'descr': '([^']+)'");
    private static final Pattern SHAPE = Pattern.compile("'shape': \\(([0-9, ]*)\\)");
    private static final int MAGIC_BYTES = 8;
    private static final long MOST_BYTES = 1L << 30;

    /**
     * Reads one array.
     *
     * @throws IOException in one sentence when the file is not there, is no archive, or the array is missing, truncated or of another format
     */
    public static Npy read(Path npz, String name) throws IOException {
        if (!Files.isReadable(npz)) {
            throw new IOException(npz + " cannot be read; name a .npz file");
        }
        try (ZipFile zip = new ZipFile(npz.toFile())) {
            ZipEntry entry = zip.getEntry(name + ".npy");
            if (entry == null) {
                List<String> there = new ArrayList<>();
                zip.stream().forEach(one -> there.add(one.getName()));
                throw new IOException(npz + " has no array " + name + "; it has " + there);
            }
            if (entry.getSize() > MOST_BYTES) {
                throw new IOException(npz + ": " + name + " has more than " + MOST_BYTES + " bytes");
            }
            try (InputStream in = zip.getInputStream(entry)) {
                return parse(npz, name, in.readAllBytes());
            }
        } catch (ZipException e) {
            throw new IOException(npz + " is no .npz archive: " + e.getMessage(), e);
        }
    }

    private static Npy parse(Path npz, String name, byte[] bytes) throws IOException {
        ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        boolean long4 = bytes.length > MAGIC_BYTES && bytes[6] > 1;
        int start = MAGIC_BYTES + (long4 ? 4 : 2);
        if (bytes.length < start || bytes[0] != (byte) 0x93 || bytes[1] != 'N') {
            throw new IOException(npz + ": " + name + " is no NumPy array");
        }
        int header = long4 ? data.getInt(MAGIC_BYTES) : data.getShort(MAGIC_BYTES) & 0xffff;
        if (header < 0 || header > bytes.length - start) {
            throw new IOException(npz + ": the header of " + name + " is truncated");
        }
        String text = new String(bytes, start, header, StandardCharsets.ISO_8859_1);
        Matcher descr = DESCR.matcher(text);
        Matcher shape = SHAPE.matcher(text);
        if (!descr.find() || !shape.find() || !text.contains("'fortran_order': False")) {
            throw new IOException(npz + ": " + name + " is not a plain array in C order: " + text.strip());
        }
        int[] lengths = Arrays.stream(shape.group(1).split(","))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .mapToInt(Integer::parseInt)
                .toArray();
        long elements = 1;
        for (int length : lengths) {
            elements = Math.multiplyExact(elements, length);
        }
        long wanted = elements * width(npz, name, descr.group(1));
        if (bytes.length - start - header != wanted) {
            throw new IOException(npz + ": " + name + " has " + (bytes.length - start - header)
                    + " bytes of data, its shape needs " + wanted);
        }
        ByteBuffer content = data.position(start + header).slice().order(ByteOrder.LITTLE_ENDIAN);
        return new Npy(name, descr.group(1), lengths, content);
    }

    private static int width(Path npz, String name, String type) throws IOException {
        return switch (type) {
            case "|u1", "|i1", "|b1" -> 1;
            case "<u2", "<i2" -> 2;
            case "<u4", "<i4", "<f4" -> 4;
            case "<u8", "<i8", "<f8" -> 8;
            default ->
                throw new IOException(npz + ": " + name + " has elements of type " + type
                        + "; integers and floats in little-endian order are read");
        };
    }

    /** Number of elements. */
    public int size() {
        int size = 1;
        for (int length : shape) {
            size *= length;
        }
        return size;
    }

    /** An element by its place in C order. */
    public double at(int index) {
        return switch (type) {
            case "|u1", "|b1" -> data.get(index) & 0xff;
            case "|i1" -> data.get(index);
            case "<u2" -> data.getShort(2 * index) & 0xffff;
            case "<i2" -> data.getShort(2 * index);
            case "<u4" -> data.getInt(4 * index) & 0xffffffffL;
            case "<i4" -> data.getInt(4 * index);
            case "<f4" -> data.getFloat(4 * index);
            case "<f8" -> data.getDouble(8 * index);
            default -> data.getLong(8 * index);
        };
    }
}
