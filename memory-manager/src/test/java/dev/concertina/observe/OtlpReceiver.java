package dev.concertina.observe;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;

/** Takes traces as a collector does, OTLP as protobuf over HTTP, and keeps what spans are called and who their parents are. */
public final class OtlpReceiver implements AutoCloseable {
    /** One span. */
    public record Span(String trace, String id, String parent, String name) {}

    private static final int LENGTH_DELIMITED = 2;
    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private final HttpServer server;

    public OtlpReceiver() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/v1/traces", exchange -> {
            ByteBuffer request = ByteBuffer.wrap(exchange.getRequestBody().readAllBytes());
            fields(
                    request,
                    (resource, resourceSpans) -> fields(resourceSpans, (scope, scopeSpans) -> {
                        if (scope == 2) {
                            fields(scopeSpans, (field, span) -> {
                                if (field == 2) {
                                    spans.add(span(span));
                                }
                            });
                        }
                    }));
            exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
    }

    public String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public List<Span> spans() {
        return List.copyOf(spans);
    }

    /** The first span of that name; null when there is none. */
    public Span named(String name) {
        return spans.stream()
                .filter(span -> span.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    private static Span span(ByteBuffer bytes) {
        String[] parts = {"", "", "", ""};
        fields(bytes, (field, value) -> {
            byte[] content = new byte[value.remaining()];
            value.get(content);
            switch (field) {
                case 1 -> parts[0] = HexFormat.of().formatHex(content);
                case 2 -> parts[1] = HexFormat.of().formatHex(content);
                case 4 -> parts[2] = HexFormat.of().formatHex(content);
                case 5 -> parts[3] = new String(content, StandardCharsets.UTF_8);
                default -> {}
            }
        });
        return new Span(parts[0], parts[1], parts[2], parts[3]);
    }

    /** Calls with each length-delimited field of a protobuf message. */
    private static void fields(ByteBuffer message, BiConsumer<Integer, ByteBuffer> field) {
        while (message.hasRemaining()) {
            int tag = (int) varint(message);
            switch (tag & 7) {
                case 0 -> varint(message);
                case 1 -> message.position(message.position() + 8);
                case LENGTH_DELIMITED -> {
                    int length = (int) varint(message);
                    field.accept(tag >>> 3, message.slice(message.position(), length));
                    message.position(message.position() + length);
                }
                case 5 -> message.position(message.position() + 4);
                default -> throw new IllegalStateException("wire type " + (tag & 7));
            }
        }
    }

    private static long varint(ByteBuffer bytes) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = bytes.get();
            value |= (long) (next & 127) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
