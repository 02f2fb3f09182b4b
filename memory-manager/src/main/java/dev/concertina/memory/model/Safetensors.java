package dev.concertina.memory.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Reads and checks the header of one safetensors file: {@code u64} little-endian header length, JSON {@code name -> {dtype, shape,
 * data_offsets}}, then the bytes, which the tensors must fill without gap or overlap to the end of the file.
 */
final class Safetensors {
    /** The format's own bound on a header. */
    static final long MAX_HEADER_BYTES = 100_000_000;

    private static final ObjectMapper STRICT = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final Path file;

    private Safetensors(Path file) {
        this.file = file;
    }

    /**
     * The tensors of a file, in the order of their bytes.
     *
     * @throws InvalidModelException in one sentence, for anything that is not a whole, consistent file
     */
    static List<StoredTensor> read(Path file) throws IOException {
        return new Safetensors(file).tensors();
    }

    private List<StoredTensor> tensors() throws IOException {
        byte[] header;
        long dataStart;
        long fileBytes;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            fileBytes = channel.size();
            if (fileBytes < 8) {
                throw bad("is truncated: " + fileBytes + " bytes hold no header");
            }
            ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            fill(channel, length, 0);
            long headerBytes = length.getLong(0);
            if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES) {
                throw bad("announces a header of " + Long.toUnsignedString(headerBytes) + " bytes; between 2 and "
                        + MAX_HEADER_BYTES + " are allowed");
            }
            dataStart = 8 + headerBytes;
            if (dataStart > fileBytes) {
                throw bad("is truncated: its header needs " + dataStart + " bytes, the file has " + fileBytes);
            }
            ByteBuffer text = ByteBuffer.allocate((int) headerBytes);
            fill(channel, text, 8);
            header = text.array();
        }
        return check(parse(header, dataStart), dataStart, fileBytes);
    }

    private static void fill(FileChannel channel, ByteBuffer target, long position) throws IOException {
        while (target.hasRemaining()) {
            int count = channel.read(target, position + target.position());
            if (count < 0) {
                throw new EOFException("the file ended while it was read");
            }
        }
    }

    private List<StoredTensor> parse(byte[] header, long dataStart) throws IOException {
        JsonNode root;
        try {
            root = STRICT.readTree(header);
        } catch (JsonProcessingException e) {
            throw bad("has a broken header: " + e.getOriginalMessage().replace('\n', ' '));
        }
        if (root == null || !root.isObject()) {
            throw bad("has a header that is not a JSON object");
        }
        List<StoredTensor> tensors = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : root.properties()) {
            if (!entry.getKey().equals("__metadata__")) {
                tensors.add(tensor(entry.getKey(), entry.getValue(), dataStart));
            }
        }
        return tensors;
    }

    private StoredTensor tensor(String name, JsonNode node, long dataStart) throws InvalidModelException {
        DType dtype;
        try {
            dtype = DType.valueOf(node.path("dtype").asText());
        } catch (IllegalArgumentException e) {
            throw bad("gives tensor " + name + " the unknown dtype '"
                    + node.path("dtype").asText() + "'");
        }
        JsonNode offsets = node.path("data_offsets");
        if (!node.path("shape").isArray() || !offsets.isArray() || offsets.size() != 2) {
            throw bad("describes tensor " + name + " without shape or data_offsets");
        }
        List<Integer> shape = new ArrayList<>();
        long elements = 1;
        for (JsonNode dimension : node.path("shape")) {
            if (!dimension.canConvertToInt() || !dimension.isIntegralNumber() || dimension.asInt() < 0) {
                throw bad("gives tensor " + name + " the impossible dimension " + dimension);
            }
            shape.add(dimension.asInt());
            try {
                elements = Math.multiplyExact(elements, dimension.asLong());
            } catch (ArithmeticException e) {
                throw bad("gives tensor " + name + " an impossible shape " + node.path("shape"));
            }
        }
        long bytes;
        try {
            bytes = dtype.bytes(elements);
        } catch (ArithmeticException e) {
            throw bad("gives tensor " + name + " an impossible shape " + node.path("shape") + " of " + dtype);
        }
        long begin = position(name, offsets.get(0));
        long end = position(name, offsets.get(1));
        if (end - begin != bytes) {
            throw bad("gives tensor " + name + " " + (end - begin) + " bytes, but " + dtype + " x " + shape + " needs "
                    + bytes);
        }
        return new StoredTensor(name, dtype, shape, file, dataStart + begin, bytes);
    }

    private long position(String name, JsonNode offset) throws InvalidModelException {
        long value = offset.isIntegralNumber() && offset.canConvertToLong() ? offset.asLong() : -1;
        if (value < 0 || value > Long.MAX_VALUE / 2) {
            throw bad("gives tensor " + name + " the impossible offset " + offset);
        }
        return value;
    }

    private List<StoredTensor> check(List<StoredTensor> tensors, long dataStart, long fileBytes)
            throws InvalidModelException {
        List<StoredTensor> sorted = new ArrayList<>(tensors);
        sorted.sort(Comparator.comparingLong(StoredTensor::position).thenComparingLong(StoredTensor::bytes));
        long at = dataStart;
        for (StoredTensor tensor : sorted) {
            if (tensor.position() < at) {
                throw bad("has tensor " + tensor.name() + " overlap another");
            }
            if (tensor.position() > at) {
                throw bad("leaves a gap of " + (tensor.position() - at) + " bytes before tensor " + tensor.name());
            }
            at += tensor.bytes();
            if (at > fileBytes) {
                throw bad("is truncated: tensor " + tensor.name() + " ends at byte " + at + ", the file has "
                        + fileBytes);
            }
        }
        if (at != fileBytes) {
            throw bad("has " + (fileBytes - at) + " bytes after its last tensor");
        }
        return sorted;
    }

    private InvalidModelException bad(String problem) {
        return new InvalidModelException("the safetensors file " + file + " " + problem);
    }
}
