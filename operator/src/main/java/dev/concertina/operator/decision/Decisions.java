package dev.concertina.operator.decision;

import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.scheduler.forecast.Forecast;
import dev.concertina.scheduler.width.WidthDecision;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** The decisions made lately, per deployment, bounded. Safe for any number of threads. */
public final class Decisions {
    private static final int KEPT = 3600;
    private final Map<String, History> histories = new ConcurrentHashMap<>();
    private final Map<String, Integer> floors = new ConcurrentHashMap<>();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    /**
     * One decision.
     *
     * @param widthBefore width that served then
     * @param applied whether it was written into {@code spec.width}
     */
    public record Made(Instant time, int widthBefore, WidthDecision decision, boolean applied) {}

    private static final class History {
        private final Deque<Made> made = new ArrayDeque<>();
        private @Nullable Made lastChange;
    }

    /** Is told of decisions. */
    @FunctionalInterface
    public interface Listener {
        /**
         * One was made. Must not block.
         *
         * @param change true when it is for another width than the one before, and when it was applied
         */
        void made(String deployment, Made made, boolean change);
    }

    /** Tells one more listener of each decision from now on. */
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    void add(String deployment, Made made) {
        History history = histories.computeIfAbsent(deployment, key -> new History());
        boolean changed;
        synchronized (history) {
            history.made.addLast(made);
            if (history.made.size() > KEPT) {
                history.made.removeFirst();
            }
            changed = history.lastChange == null
                    || history.lastChange.decision().width() != made.decision().width();
            if (changed) {
                history.lastChange = made;
            }
        }
        for (Listener listener : listeners) {
            listener.made(deployment, made, changed || made.applied());
        }
    }

    /** All kept, oldest first. */
    public List<Made> list(String deployment) {
        History history = histories.get(deployment);
        if (history == null) {
            return List.of();
        }
        synchronized (history) {
            return new ArrayList<>(history.made);
        }
    }

    /** The last one that chose another width than the one before it. */
    public @Nullable Made lastChange(String deployment) {
        History history = histories.get(deployment);
        if (history == null) {
            return null;
        }
        synchronized (history) {
            return history.lastChange;
        }
    }

    /** True when the last decision asked for that width and was applied. */
    public boolean asked(String deployment, int width) {
        Made made = lastChange(deployment);
        return made != null && made.applied() && made.decision().width() == width;
    }

    /** Notes the fewest ranks whose memory holds a deployment's model. */
    public void floor(String deployment, int ranks) {
        floors.put(deployment, ranks);
    }

    /** The fewest ranks whose memory holds the model, 1 as long as that is unknown. */
    int floor(String deployment) {
        return floors.getOrDefault(deployment, 1);
    }

    /** Forgets a deployment. */
    public void forget(String deployment) {
        floors.remove(deployment);
        histories.remove(deployment);
    }

    /** A decision as the API shows it. */
    public static MoEDeploymentStatus.Decision toStatus(Made made) {
        WidthDecision decision = made.decision();
        return new MoEDeploymentStatus.Decision(
                made.time().truncatedTo(ChronoUnit.MILLIS).toString(),
                decision.width(),
                decision.reasons(),
                decision.candidates().stream()
                        .map(candidate -> new MoEDeploymentStatus.Candidate(
                                candidate.width(),
                                rounded(candidate.attainment()),
                                rounded(candidate.utilization()),
                                candidate.verdict(),
                                candidate.cost(),
                                candidate.leadTime().toMillis() / 1e3))
                        .toList(),
                forecast(decision));
    }

    private static MoEDeploymentStatus.@Nullable Forecast forecast(WidthDecision decision) {
        Forecast forecast = decision.forecast();
        if (forecast.basis() == Forecast.Basis.NOTHING) {
            return null;
        }
        return new MoEDeploymentStatus.Forecast(
                forecast.horizon().toMillis() / 1e3,
                rounded(forecast.expected()),
                rounded(forecast.level()),
                rounded(forecast.trend()),
                rounded(forecast.season()),
                rounded(forecast.low()),
                rounded(forecast.high()),
                forecast.confidence(),
                rounded(decision.backlogTokens()),
                forecast.basis().words());
    }

    private static double rounded(double value) {
        return Double.isFinite(value) ? Math.round(value * 1000) / 1000.0 : 999;
    }
}
