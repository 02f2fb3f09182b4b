package dev.concertina.worker.testing;

import dev.concertina.wire.Json;
import dev.concertina.wire.Token;
import dev.concertina.wire.Workers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Follows a sequence as the gateway does: through moves, checking every index. */
public final class TokenClient {
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final Token token;

    public TokenClient(Token token) {
        this.token = token;
    }

    /** What a stream gave. */
    public static final class Stream {
        public final List<Integer> tokens = new CopyOnWriteArrayList<>();
        public final AtomicInteger moves = new AtomicInteger();
        public volatile String finish;

        public int[] ids() {
            return tokens.stream().mapToInt(Integer::intValue).toArray();
        }
    }

    /** Generates to the end on this thread. */
    public Stream run(String address, Workers.Sequence sequence, Stream stream) throws IOException {
        String at = address;
        String path = "/v1/sequences";
        byte[] body = Json.write(sequence);
        for (int hops = 0; hops < 20; hops++) {
            Workers.Token last = read(at, path, body, stream);
            if (last.finish() != null) {
                stream.finish = last.finish();
                return stream;
            }
            if (last.moved() == null) {
                throw new IOException("stream ended with error: " + last.error());
            }
            stream.moves.incrementAndGet();
            at = last.moved().controlAddress();
            path = "/v1/sequences/" + sequence.id() + "/follow?from=" + stream.tokens.size();
            body = new byte[0];
        }
        throw new IOException("too many moves");
    }

    private Workers.Token read(String address, String path, byte[] body, Stream stream) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + address + path))
                .header("Authorization", token.authorization())
                .timeout(Duration.ofSeconds(60))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        try {
            HttpResponse<InputStream> response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                if (response.statusCode() != 200) {
                    throw new IOException(address + path + ": " + response.statusCode() + " " + lines.readLine());
                }
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.isEmpty()) {
                        continue; // a sign of life
                    }
                    Workers.Token next = Json.read(line.getBytes(StandardCharsets.UTF_8), Workers.Token.class);
                    if (next.index() == null) {
                        return next;
                    }
                    if (next.index() != stream.tokens.size()) {
                        throw new IOException("index " + next.index() + " after " + stream.tokens.size() + " tokens");
                    }
                    stream.tokens.add(next.token());
                }
            }
            throw new IOException("the stream was cut");
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    public static Workers.Sequence sequence(String id, SampleModel.Golden golden) {
        return new Workers.Sequence(id, golden.prompt_ids(), new int[0], golden.greedy_ids().length, new int[0]);
    }

    /** Placements over the given ranks: even by expert number, or blocks with some experts on two ranks. */
    public static int[][][] placement(List<Integer> ranks, boolean blocks) {
        int[][][] holders = new int[6][16][];
        for (int layer = 0; layer < 6; layer++) {
            for (int expert = 0; expert < 16; expert++) {
                int width = ranks.size();
                int first = blocks ? expert * width / 16 : (expert + layer) % width;
                List<Integer> on = new ArrayList<>(List.of(ranks.get(first)));
                if (blocks && width > 1 && expert % 5 == 0) {
                    on.add(ranks.get((first + 1) % width));
                }
                holders[layer][expert] =
                        on.stream().sorted().mapToInt(Integer::intValue).toArray();
            }
        }
        return holders;
    }
}
