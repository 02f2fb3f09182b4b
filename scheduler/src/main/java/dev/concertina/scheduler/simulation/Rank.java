package dev.concertina.scheduler.simulation;

import dev.concertina.scheduler.capacity.CapacityModel.Batch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/**
 * One rank that batches continuously: each step gives every decoding sequence a token and takes in a chunk of the prompts that wait. Steps
 * without prompts are played in stretches, up to the next end of a sequence or {@link #MOST_STRETCH}; an arrival ends a stretch at the next
 * boundary of a step.
 */
final class Rank {
    private static final double MOST_STRETCH = 0.5;

    private final Engine engine;
    private final PriorityQueue<Sequence> decoding = new PriorityQueue<>();
    private final ArrayDeque<Sequence> prompts = new ArrayDeque<>();
    private final List<Sequence> finishing = new ArrayList<>();
    private long step;
    private double context;
    private long promptTokens;
    private double stretchFrom;
    private double stepSeconds;
    private int stretchSteps;
    private int stretchPrompt;
    /** End of the stretch; infinite when idle. */
    double until = Double.POSITIVE_INFINITY;

    double blockedUntil;

    Rank(Engine engine) {
        this.engine = engine;
    }

    int inFlight() {
        return decoding.size() + prompts.size();
    }

    int waiting() {
        return prompts.size();
    }

    boolean idle() {
        return until == Double.POSITIVE_INFINITY;
    }

    /** True when it takes one more: there is room for a sequence, and no full chunk of prompts waits already. */
    boolean takes(int mostSequences) {
        return inFlight() < mostSequences
                && (prompts.isEmpty() || promptTokens < engine.model().chunkTokens());
    }

    void add(Sequence sequence, double now, int width) {
        prompts.add(sequence);
        promptTokens += sequence.promptLeft;
        if (idle()) {
            begin(now, width);
        } else if (stretchPrompt == 0 && stretchSteps > 1) {
            int done = Math.max(1, (int) Math.ceil((now - stretchFrom) / stepSeconds));
            if (done < stretchSteps) {
                stretchSteps = done;
                until = stretchFrom + done * stepSeconds;
            }
        }
    }

    /** A sequence that comes from another rank with its keys and values. */
    void adopt(Sequence sequence, long stepsLeft) {
        sequence.lastStep = step + stretchSteps + stepsLeft;
        decoding.add(sequence);
        context += sequence.request.promptTokens() + (double) sequence.generated() - stepsLeft;
    }

    /** Begins the next stretch at {@code now}, or becomes idle. */
    void begin(double now, int width) {
        stretchFrom = Math.max(now, blockedUntil);
        stretchSteps = 0;
        stretchPrompt = 0;
        int sequences = decoding.size();
        if (sequences == 0 && prompts.isEmpty()) {
            until = Double.POSITIVE_INFINITY;
            return;
        }
        stretchPrompt = (int) Math.min(promptTokens, engine.model().chunkTokens());
        double mean =
                sequences > 0 ? context / sequences : prompts.getFirst().request.promptTokens();
        stepSeconds = engine.model()
                .stepSeconds(new Batch(width, sequences, stretchPrompt, Math.max(0, mean), engine.imbalance()));
        stretchSteps = 1;
        if (stretchPrompt == 0) {
            long most = decoding.element().lastStep - step;
            stretchSteps = (int) Math.clamp((long) (MOST_STRETCH / stepSeconds), 1, Math.max(1, most));
        }
        until = stretchFrom + stretchSteps * stepSeconds;
    }

    /** Ends the stretch: hands back the sequences that ended with it. {@code started} takes those that got their first token. */
    List<Sequence> end(List<Sequence> started) {
        finishing.clear();
        step += stretchSteps;
        context += (double) stretchSteps * decoding.size();
        while (!decoding.isEmpty() && decoding.element().lastStep <= step) {
            Sequence ended = decoding.remove();
            context -= ended.request.promptTokens() + (double) ended.generated();
            finishing.add(ended);
        }
        takePrompts(started);
        return finishing;
    }

    private void takePrompts(List<Sequence> started) {
        int budget = stretchPrompt;
        promptTokens -= budget;
        while (budget > 0) {
            Sequence first = prompts.element();
            int part = Math.min(budget, first.promptLeft);
            first.promptLeft -= part;
            budget -= part;
            if (first.promptLeft > 0) {
                break;
            }
            prompts.remove();
            started.add(first);
            if (first.generated() == 1) {
                finishing.add(first);
            } else {
                first.lastStep = step + first.generated() - 1;
                decoding.add(first);
                context += first.request.promptTokens() + 1.0;
            }
        }
    }

    /** Tokens that the stretch in progress gives when it ends, first tokens left out. */
    long stretchTokens() {
        return (long) stretchSteps * decoding.size();
    }

    long stepsLeft(Sequence sequence) {
        return Math.max(1, sequence.lastStep - step);
    }

    /** Gives up all it has; the stretch in progress does not count. */
    void leave(List<Sequence> toDecode, List<Sequence> toPrompt) {
        toDecode.addAll(decoding);
        toPrompt.addAll(prompts);
        decoding.clear();
        prompts.clear();
        promptTokens = 0;
        context = 0;
        until = Double.POSITIVE_INFINITY;
    }
}
