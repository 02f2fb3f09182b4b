package dev.concertina.operator.fleet;

import io.opentelemetry.context.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Asks many peers at once, one virtual thread each. */
public final class Parallel {
    private Parallel() {}

    /** One call to one peer. */
    @FunctionalInterface
    public interface Call<T, R> {
        R call(T peer) throws IOException;
    }

    /**
     * The answers in the order of {@code peers}.
     *
     * @throws IOException the first failure; the other calls were made all the same
     */
    public static <T, R> List<R> map(Collection<T> peers, Call<T, R> call) throws IOException {
        if (peers.size() == 1) {
            List<R> single = new ArrayList<>();
            single.add(call.call(peers.iterator().next()));
            return single;
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<R>> futures = new ArrayList<>();
            for (T peer : peers) {
                futures.add(threads.submit(Context.current().wrap(() -> call.call(peer))));
            }
            List<R> answers = new ArrayList<>();
            for (Future<R> future : futures) {
                answers.add(answer(future));
            }
            return answers;
        }
    }

    private static <R> R answer(Future<R> future) throws IOException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException runtime -> throw runtime;
                case null, default -> throw new IllegalStateException(e);
            }
        }
    }
}
