package dev.concertina.e2e.check;

import dev.concertina.e2e.load.RequestRecord;
import dev.concertina.worker.reference.ReferenceRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** Compares completed streams with a reference run of the same prompts. */
public final class TokenCheck {
    private TokenCheck() {}

    /**
     * A stream whose tokens differ.
     *
     * @param index of the first token that differs
     */
    public record Mismatch(int request, int index, String detail) {}

    /**
     * Checks every completed stream.
     *
     * @param threads reference runs at once
     * @param progress told how many are checked, from any thread
     * @throws IOException when the model folder cannot be read
     */
    public static List<Mismatch> run(Path modelDir, List<RequestRecord> records, int threads, IntConsumer progress)
            throws IOException, InterruptedException {
        List<RequestRecord> completed =
                records.stream().filter(RequestRecord::completed).toList();
        List<Mismatch> mismatches = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            AtomicInteger next = new AtomicInteger();
            AtomicInteger checked = new AtomicInteger();
            List<Future<List<Mismatch>>> parts = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                parts.add(pool.submit(() -> {
                    List<Mismatch> found = new ArrayList<>();
                    try (ReferenceRun reference = ReferenceRun.open(modelDir)) {
                        for (int i = next.getAndIncrement(); i < completed.size(); i = next.getAndIncrement()) {
                            compare(reference, completed.get(i), found);
                            progress.accept(checked.incrementAndGet());
                        }
                    }
                    return found;
                }));
            }
            for (Future<List<Mismatch>> part : parts) {
                mismatches.addAll(part.get());
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException unreadable) {
                throw unreadable;
            }
            throw new IllegalStateException("the reference run failed: " + e.getCause(), e);
        }
        return mismatches;
    }

    private static void compare(ReferenceRun reference, RequestRecord record, List<Mismatch> found) {
        int number = record.request().number();
        int[] got = record.ids();
        if (got.length != record.request().maxTokens()) {
            // the sample model never ends an answer by itself, so every token that was asked for must come
            found.add(new Mismatch(
                    number,
                    got.length,
                    got.length + " tokens came, " + record.request().maxTokens() + " were asked for"));
            return;
        }
        int[] wanted = reference.generate(record.request().promptIds(), got.length);
        int at = Arrays.mismatch(wanted, got);
        if (at >= 0) {
            found.add(new Mismatch(number, at, "token " + got[at] + " instead of " + wanted[at]));
        }
    }
}
