package dev.concertina.e2e.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Reads {@code TIMESTAMP,ContextTokens,GeneratedTokens} files, plain or gzipped: the format of Azure's published LLM inference traces. */
public final class TraceFile {
    static final String HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens";
    private static final int MAX_TOKENS = 10_000_000;
    private static final int MAX_REQUESTS = 5_000_000;

    private TraceFile() {}

    /**
     * Reads a whole file.
     *
     * @throws TraceException when it is missing, not in the format, or not in the order of time
     */
    public static Trace read(Path file) throws TraceException {
        return new Trace(file.getFileName().toString(), open(file, reader -> parse(file, reader)));
    }

    /** What is made of a file's lines. */
    interface Reading<T> {
        T of(BufferedReader lines) throws IOException, TraceException;
    }

    /**
     * Opens a file, plain or gzipped by its name.
     *
     * @throws TraceException in one sentence when it cannot be read
     */
    static <T> T open(Path file, Reading<T> reading) throws TraceException {
        boolean zipped = file.getFileName().toString().endsWith(".gz");
        try (InputStream raw = Files.newInputStream(file);
                InputStream in = zipped ? new GZIPInputStream(raw, 1 << 16) : raw;
                BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return reading.of(reader);
        } catch (NoSuchFileException e) {
            throw new TraceException("the trace file " + file + " does not exist; give another with --trace", e);
        } catch (ZipException e) {
            throw new TraceException("the trace file " + file + " is not gzip, though its name ends in .gz", e);
        } catch (IOException e) {
            throw new TraceException("the trace file " + file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static List<Trace.Arrival> parse(Path file, BufferedReader reader) throws IOException, TraceException {
        String header = reader.readLine();
        if (header == null || !header.strip().equalsIgnoreCase(HEADER)) {
            throw new TraceException("the trace file " + file + " does not start with the line " + HEADER);
        }
        List<Trace.Arrival> requests = new ArrayList<>();
        LocalDateTime first = null;
        Duration before = Duration.ZERO;
        int number = 1;
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            String[] fields = line.split(",", -1);
            if (fields.length != 3) {
                throw wrong(file, number, "it has " + fields.length + " fields instead of 3");
            }
            LocalDateTime time = time(fields[0]);
            if (time == null) {
                throw wrong(file, number, "'" + fields[0] + "' is no time such as 2023-11-16 18:15:46.6805900");
            }
            first = first == null ? time : first;
            Duration at = Duration.between(first, time);
            if (at.compareTo(before) < 0) {
                throw wrong(file, number, "its time is before that of the line above");
            }
            before = at;
            requests.add(new Trace.Arrival(
                    at,
                    tokens(file, number, "ContextTokens", fields[1]),
                    tokens(file, number, "GeneratedTokens", fields[2])));
            if (requests.size() > MAX_REQUESTS) {
                throw wrong(file, number, "a trace may have " + MAX_REQUESTS + " requests");
            }
        }
        if (requests.isEmpty()) {
            throw new TraceException("the trace file " + file + " holds no request");
        }
        return requests;
    }

    private static @Nullable LocalDateTime time(String text) {
        try {
            return LocalDateTime.parse(
                    text.strip().replaceAll("(Z|[+-]00:?00)$", "").replace(' ', 'T'));
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private static int tokens(Path file, int line, String column, String text) throws TraceException {
        try {
            int tokens = Integer.parseInt(text.strip());
            if (tokens >= 0 && tokens <= MAX_TOKENS) {
                return tokens;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw wrong(file, line, column + " '" + text + "' is no whole number from 0 to " + MAX_TOKENS);
    }

    static TraceException wrong(Path file, int line, String why) {
        return new TraceException("the trace file " + file + " is wrong in line " + line + ": " + why);
    }
}
