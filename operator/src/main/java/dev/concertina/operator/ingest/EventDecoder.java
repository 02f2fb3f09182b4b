package dev.concertina.operator.ingest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.concertina.scheduler.load.RequestOutcome;
import dev.concertina.scheduler.load.TrafficEvent;
import dev.concertina.wire.Events;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * From the bytes of a CloudEvent to a fact about traffic. This is the hot path of the ingest, so it reads field by field and not by reflection;
 * fields that it does not know are skipped. Not for several threads.
 */
public final class EventDecoder {
    private static final JsonFactory JSON = Json.mapper().getFactory();
    private static final String[] TYPES = {
        Events.RECEIVED, Events.FIRST_TOKEN, Events.FINISHED, Events.WINDOW, Events.EXPERTS
    };
    private static final byte[][] TYPE_BYTES = Arrays.stream(TYPES)
            .map(type -> type.getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new);
    private static final String COMPLETED = "completed";
    private static final int MOST_CHARACTERS = 256;
    private static final int MOST_BYTES = 1 << 20;

    /** What usual tables have at most; larger ones make their arrays grow. */
    private static final int MOST_LAYERS = 64;

    private static final int MOST_EXPERTS = 256;

    private final EventTime times = new EventTime();
    private String usualDeployment = "";
    private String request = "";
    private String deployment = "";
    private String gateway = "";
    private String outcome = "";
    private @Nullable Double ttftMs;
    private @Nullable Double tpotMs;
    private double totalMs;
    private double seconds;
    private int rank;
    private int promptTokens;
    private int maxTokens;
    private int tokens;
    private int received;
    private int completed;
    private int failed;
    private int inFlight;
    private int queued;
    private long promptTokensOfAll;
    private long generatedTokens;
    private long[][] table = new long[0][];
    private long @Nullable [][][] pairs;

    /**
     * One event; null for a type that is none of ours.
     *
     * @param type CloudEvents type
     * @param ceTime CloudEvents time, RFC 3339, as it stands in the header
     * @param data one of the records in {@link Events}, as JSON
     * @throws IllegalArgumentException for data that is not what its type says; numbers that are missing come out as impossible ones
     */
    public @Nullable TrafficEvent decode(String type, byte[] ceTime, byte @Nullable [] data) {
        return switch (type) {
            case Events.RECEIVED -> {
                Instant time = begin(ceTime, data);
                yield new TrafficEvent.Received(
                        required(request, "request"), deployment(), time, promptTokens, maxTokens);
            }
            case Events.FIRST_TOKEN -> {
                Instant time = begin(ceTime, data);
                yield new TrafficEvent.FirstToken(
                        required(request, "request"), deployment(), time, rank, ttftMs == null ? Double.NaN : ttftMs);
            }
            case Events.FINISHED -> {
                Instant time = begin(ceTime, data);
                yield new TrafficEvent.Finished(
                        required(request, "request"),
                        deployment(),
                        time,
                        outcome(required(outcome, "outcome")),
                        promptTokens,
                        tokens,
                        ttftMs,
                        tpotMs,
                        totalMs);
            }
            case Events.WINDOW -> {
                Instant time = begin(ceTime, data);
                yield new TrafficEvent.Window(
                        required(gateway, "gateway"),
                        deployment(),
                        time,
                        seconds,
                        received,
                        completed,
                        failed,
                        inFlight,
                        queued,
                        promptTokensOfAll,
                        generatedTokens);
            }
            case Events.EXPERTS -> {
                Instant time = begin(ceTime, data);
                if (table.length == 0) {
                    throw new IllegalArgumentException("tokens is missing");
                }
                yield new TrafficEvent.Experts(deployment(), rank, time, seconds, table, pairs);
            }
            default -> null;
        };
    }

    private String deployment() {
        return required(deployment, "deployment");
    }

    private static String required(String value, String name) {
        if (value.isEmpty()) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return value;
    }

    private static RequestOutcome outcome(String name) {
        return switch (name) {
            case COMPLETED -> RequestOutcome.COMPLETED;
            case "failed" -> RequestOutcome.FAILED;
            case "cancelled" -> RequestOutcome.CANCELLED;
            default -> throw new IllegalArgumentException("the outcome is none of completed, failed and cancelled");
        };
    }

    private Instant begin(byte[] ceTime, byte @Nullable [] data) {
        if (data == null || data.length == 0) {
            throw new IllegalArgumentException("the event has no data");
        }
        if (data.length > MOST_BYTES) {
            throw new IllegalArgumentException("the event is larger than " + MOST_BYTES + " bytes");
        }
        clear();
        try (JsonParser json = JSON.createParser(data)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("the data is no JSON object");
            }
            String name = json.nextFieldName();
            while (name != null) {
                field(json, name, json.nextToken());
                name = json.nextFieldName();
            }
            if (json.currentToken() != JsonToken.END_OBJECT) {
                throw new IllegalArgumentException("the JSON object does not end");
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("the data is no valid JSON", e);
        }
        return times.read(ceTime);
    }

    private void clear() {
        request = "";
        deployment = "";
        gateway = "";
        outcome = "";
        ttftMs = null;
        tpotMs = null;
        totalMs = Double.NaN;
        seconds = Double.NaN;
        rank = -1;
        promptTokens = -1;
        maxTokens = -1;
        tokens = -1;
        received = -1;
        completed = -1;
        failed = -1;
        inFlight = -1;
        queued = -1;
        promptTokensOfAll = -1;
        generatedTokens = -1;
        table = new long[0][];
        pairs = null;
    }

    private void field(JsonParser json, String name, JsonToken token) throws IOException {
        switch (name) {
            case "request" -> request = text(json, token, name);
            case "deployment" -> {
                deployment = text(json, token, name, usualDeployment);
                usualDeployment = deployment;
            }
            case "gateway" -> gateway = text(json, token, name);
            case "outcome" -> outcome = text(json, token, name, COMPLETED);
            case "ttftMs" -> ttftMs = token == JsonToken.VALUE_NULL ? null : Double.valueOf(number(json, token, name));
            case "tpotMs" -> tpotMs = token == JsonToken.VALUE_NULL ? null : Double.valueOf(number(json, token, name));
            case "totalMs" -> totalMs = number(json, token, name);
            case "seconds" -> seconds = number(json, token, name);
            case "rank" -> rank = small(json, token, name);
            case "promptTokens" -> {
                promptTokensOfAll = whole(json, token, name);
                promptTokens = promptTokensOfAll > Integer.MAX_VALUE ? -1 : (int) promptTokensOfAll;
            }
            case "maxTokens" -> maxTokens = small(json, token, name);
            case "tokens" -> {
                if (token == JsonToken.START_ARRAY) {
                    table = table(json, name, MOST_LAYERS, MOST_EXPERTS);
                } else {
                    tokens = small(json, token, name);
                }
            }
            case "pairs" -> pairs = token == JsonToken.VALUE_NULL ? null : tables(json, token, name);
            case "received" -> received = small(json, token, name);
            case "completed" -> completed = small(json, token, name);
            case "failed" -> failed = small(json, token, name);
            case "inFlight" -> inFlight = small(json, token, name);
            case "queued" -> queued = small(json, token, name);
            case "generatedTokens" -> generatedTokens = whole(json, token, name);
            default -> json.skipChildren();
        }
    }

    private static String text(JsonParser json, JsonToken token, String name) throws IOException {
        if (token != JsonToken.VALUE_STRING) {
            throw new IllegalArgumentException(name + " is no text");
        }
        String text = json.getText();
        if (text.length() > MOST_CHARACTERS) {
            throw new IllegalArgumentException(name + " is longer than " + MOST_CHARACTERS + " characters");
        }
        return text;
    }

    /** The same; {@code usual} itself where that is the text, so that nothing is made anew for a text that nearly every event has. */
    private static String text(JsonParser json, JsonToken token, String name, String usual) throws IOException {
        if (token == JsonToken.VALUE_STRING
                && json.getTextLength() == usual.length()
                && usual.contentEquals(
                        CharBuffer.wrap(json.getTextCharacters(), json.getTextOffset(), json.getTextLength()))) {
            return usual;
        }
        return text(json, token, name);
    }

    private static double number(JsonParser json, JsonToken token, String name) throws IOException {
        if (!token.isNumeric()) {
            throw new IllegalArgumentException(name + " is no number");
        }
        return json.getDoubleValue();
    }

    private static long whole(JsonParser json, JsonToken token, String name) throws IOException {
        if (token != JsonToken.VALUE_NUMBER_INT) {
            throw new IllegalArgumentException(name + " is no whole number");
        }
        return json.getLongValue();
    }

    private static int small(JsonParser json, JsonToken token, String name) throws IOException {
        return Math.toIntExact(Math.clamp(whole(json, token, name), -1L, Integer.MAX_VALUE));
    }

    private static long[][][] tables(JsonParser json, JsonToken start, String name) throws IOException {
        if (start != JsonToken.START_ARRAY) {
            throw new IllegalArgumentException(name + " is no list of tables");
        }
        long[][][] tables = new long[MOST_LAYERS][][];
        int count = 0;
        int expected = 1;
        for (JsonToken token = json.nextToken(); token != JsonToken.END_ARRAY; token = json.nextToken()) {
            if (token != JsonToken.START_ARRAY) {
                throw new IllegalArgumentException(name + " is no list of tables");
            }
            tables = count == tables.length ? Arrays.copyOf(tables, count * 2) : tables;
            tables[count] = table(json, name, expected, expected);
            expected = tables[count].length;
            count++;
        }
        return Arrays.copyOf(tables, count);
    }

    private static long[][] table(JsonParser json, String name, int layers, int experts) throws IOException {
        long[][] rows = new long[Math.max(layers, 1)][];
        int count = 0;
        for (JsonToken token = json.nextToken(); token != JsonToken.END_ARRAY; token = json.nextToken()) {
            if (token != JsonToken.START_ARRAY) {
                throw new IllegalArgumentException(name + " is no table");
            }
            rows = count == rows.length ? Arrays.copyOf(rows, count * 2) : rows;
            rows[count] = row(json, name, count == 0 ? experts : rows[count - 1].length);
            count++;
        }
        return count == rows.length ? rows : Arrays.copyOf(rows, count);
    }

    private static long[] row(JsonParser json, String name, int expected) throws IOException {
        long[] row = new long[Math.max(expected, 1)];
        int count = 0;
        for (JsonToken token = json.nextToken(); token != JsonToken.END_ARRAY; token = json.nextToken()) {
            row = count == row.length ? Arrays.copyOf(row, count * 2) : row;
            row[count++] = whole(json, token, name);
        }
        return count == row.length ? row : Arrays.copyOf(row, count);
    }

    /** The type in a header; one of ours is found without making a text of it. */
    static String type(byte[] bytes) {
        for (int i = 0; i < TYPES.length; i++) {
            if (Arrays.equals(TYPE_BYTES[i], bytes)) {
                return TYPES[i];
            }
        }
        if (bytes.length > MOST_CHARACTERS) {
            throw new IllegalArgumentException("ce_type is longer than " + MOST_CHARACTERS + " characters");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
