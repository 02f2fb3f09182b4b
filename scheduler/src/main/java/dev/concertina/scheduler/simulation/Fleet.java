package dev.concertina.scheduler.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The ranks, the queue before them, and the changes of width on their way. A request goes to the serving rank with the least in flight that
 * takes one more, else it waits in the queue. New ranks are paid from the decision on and serve after the delay; leaving ranks take nothing new
 * and hand their sequences to those that stay when the delay is over.
 */
final class Fleet {
    private final Engine engine;
    private final Delays delays;
    private final double meanContext;
    private final List<Rank> ranks = new ArrayList<>();
    private final ArrayDeque<Sequence> queue = new ArrayDeque<>();
    private final List<Change> changes = new ArrayList<>();
    private int mostSequences;
    private int leaving;
    private double paidSeconds;
    private double paidSince;
    private int widest;
    int ups;
    int downs;

    /** So many ranks more, or fewer, at that time. */
    private record Change(double at, int ranks) {}

    Fleet(Engine engine, Delays delays, double meanContext, int width) {
        this.engine = engine;
        this.delays = delays;
        this.meanContext = meanContext;
        for (int i = 0; i < width; i++) {
            ranks.add(new Rank(engine));
        }
        widest = width;
        resized();
    }

    private void resized() {
        mostSequences = (int) Math.min(1 << 20, engine.model().mostSequences(ranks.size(), meanContext));
        if (mostSequences < 1) {
            throw new IllegalArgumentException(
                    "width " + ranks.size() + " has no memory for one sequence; use a greater least width");
        }
    }

    int width() {
        return ranks.size();
    }

    int paid() {
        return ranks.size() + coming();
    }

    int widest() {
        return widest;
    }

    private int coming() {
        int coming = 0;
        for (Change change : changes) {
            coming += Math.max(0, change.ranks);
        }
        return coming;
    }

    int wanted() {
        return paid() - leaving;
    }

    boolean mayChange() {
        return delays.overlapping() || changes.isEmpty();
    }

    int queued() {
        return queue.size();
    }

    int inFlight() {
        int inFlight = 0;
        for (Rank rank : ranks) {
            inFlight += rank.inFlight();
        }
        return inFlight;
    }

    int waiting() {
        int waiting = queue.size();
        for (Rank rank : ranks) {
            waiting += rank.waiting();
        }
        return waiting;
    }

    double paidSeconds(double now) {
        pay(now);
        return paidSeconds;
    }

    private void pay(double now) {
        paidSeconds += paid() * (now - paidSince);
        paidSince = now;
        widest = Math.max(widest, paid());
    }

    /** Begins the change to {@code to} ranks. */
    void change(int to, double now) {
        int difference = to - wanted();
        if (difference == 0) {
            return;
        }
        pay(now);
        if (difference > 0) {
            ups++;
            changes.add(new Change(now + Delays.seconds(delays.up()), difference));
        } else {
            downs++;
            int fewer = cancel(-difference);
            if (fewer > 0) {
                leaving += fewer;
                changes.add(new Change(now + Delays.seconds(delays.down()), -fewer));
            }
        }
        pay(now);
    }

    /** Gives up ranks on their way, the newest first; hands back how many more must go. */
    private int cancel(int ranksTooMany) {
        int left = ranksTooMany;
        for (int i = changes.size() - 1; i >= 0 && left > 0; i--) {
            Change change = changes.get(i);
            if (change.ranks > 0) {
                int cancelled = Math.min(left, change.ranks);
                left -= cancelled;
                if (cancelled == change.ranks) {
                    changes.remove(i);
                } else {
                    changes.set(i, new Change(change.at, change.ranks - cancelled));
                }
            }
        }
        return left;
    }

    double nextChange() {
        double next = Double.POSITIVE_INFINITY;
        for (Change change : changes) {
            next = Math.min(next, change.at);
        }
        return next;
    }

    /** Carries out what is due. */
    void applyChanges(double now) {
        pay(now);
        int before = ranks.size();
        for (Iterator<Change> each = changes.iterator(); each.hasNext(); ) {
            Change change = each.next();
            if (change.at <= now) {
                each.remove();
                if (change.ranks > 0) {
                    for (int i = 0; i < change.ranks; i++) {
                        ranks.add(new Rank(engine));
                    }
                } else {
                    leaving += change.ranks;
                    remove(-change.ranks, now);
                }
            }
        }
        if (ranks.size() != before) {
            resized();
            double serveAgain = now + Delays.seconds(delays.pause());
            ranks.forEach(rank -> rank.blockedUntil = serveAgain);
        }
        pay(now);
        dispatch(now);
    }

    private void remove(int count, double now) {
        List<Sequence> toPrompt = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Rank gone = ranks.removeLast();
            List<Sequence> toDecode = new ArrayList<>();
            gone.leave(toDecode, toPrompt);
            for (Sequence sequence : toDecode) {
                Rank target = least();
                target.adopt(sequence, gone.stepsLeft(sequence));
                if (target.idle()) {
                    target.begin(now, ranks.size());
                }
            }
        }
        for (Sequence sequence : toPrompt.reversed()) {
            queue.addFirst(sequence);
        }
    }

    private Rank least() {
        Rank least = ranks.getFirst();
        for (int i = 1; i < ranks.size() - leaving; i++) {
            if (ranks.get(i).inFlight() < least.inFlight()) {
                least = ranks.get(i);
            }
        }
        return least;
    }

    void arrive(Sequence sequence, double now) {
        queue.add(sequence);
        dispatch(now);
    }

    private void dispatch(double now) {
        while (!queue.isEmpty()) {
            Rank best = null;
            for (int i = 0; i < ranks.size() - leaving; i++) {
                Rank rank = ranks.get(i);
                if (rank.takes(mostSequences) && (best == null || rank.inFlight() < best.inFlight())) {
                    best = rank;
                }
            }
            if (best == null) {
                return;
            }
            best.add(queue.remove(), now, ranks.size());
        }
    }

    /** When the next stretch of a rank ends. */
    double nextStretch() {
        double next = Double.POSITIVE_INFINITY;
        for (Rank rank : ranks) {
            next = Math.min(next, rank.until);
        }
        return next;
    }

    /** Ends the stretches that end now: adds to {@code started} and {@code ended}, and hands back the tokens that came. */
    long endStretches(double now, List<Sequence> started, List<Sequence> ended) {
        long tokens = 0;
        for (Rank rank : ranks) {
            if (rank.until <= now) {
                tokens += rank.stretchTokens();
                int before = started.size();
                ended.addAll(rank.end(started));
                tokens += started.size() - before;
                rank.until = Double.POSITIVE_INFINITY;
                rank.begin(now, ranks.size());
            }
        }
        dispatch(now);
        return tokens;
    }
}
