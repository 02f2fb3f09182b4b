package dev.concertina.gateway.routing;

import dev.concertina.gateway.routing.RequestObserver.RequestFacts;
import dev.concertina.wire.Gateways;
import dev.concertina.wire.Rank;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * One deployment: its ranks, the requests that wait, and the choice between them. First come, first served; a request that lost its worker
 * waits again at the place where it came. Confined to the event loop.
 */
public final class Deployment {
    private static final System.Logger LOG = System.getLogger(Deployment.class.getName());
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final RoutingContext context;
    /** By number, the order of acceptance. */
    private final TreeMap<Long, Generation> waiting = new TreeMap<>();

    private final Set<Generation> live = new HashSet<>();
    private Gateways.Routes routes;
    private Map<String, RankSlot> slots = new LinkedHashMap<>();
    private long completed;
    private long failed;
    private boolean gone;
    private boolean wakeUpSet;
    private boolean pumping;
    private int turn;
    private long accepted;

    Deployment(Gateways.Routes routes, RoutingContext context) {
        this.context = context;
        this.routes = routes;
        update(routes);
    }

    public String name() {
        return routes.deployment();
    }

    public String modelName() {
        return routes.modelName();
    }

    /** Positions, prompt and answer together. */
    public int maxContext() {
        return routes.maxContext();
    }

    /** Requests at a worker now. */
    public int inFlight() {
        return live.size() - waiting.size();
    }

    /** Requests that wait for a worker. */
    public int queued() {
        return waiting.size();
    }

    public long completed() {
        return completed;
    }

    public long failed() {
        return failed;
    }

    public Gateways.Routes routes() {
        return routes;
    }

    /**
     * Whether one more request may wait here.
     *
     * @param tokens prompt and answer together
     */
    public boolean accepts(long tokens) {
        return waiting.size() < context.limits().maxQueued() && context.held().fits(tokens);
    }

    /**
     * Takes a request, whose trace is the current context's; tokens and the end go to the log, never before this returns.
     *
     * @param stopIds token ids that end it
     */
    public Generation submit(String id, int[] promptIds, int maxTokens, int[] stopIds, TokenLog log) {
        RequestTrace trace = new RequestTrace(context.tracer(), id, name(), promptIds.length, maxTokens);
        RequestFacts facts = new RequestFacts(id, name(), promptIds.length, maxTokens, trace.context());
        Generation generation = new Generation(facts, promptIds, stopIds, this, context, log, accepted++, trace);
        context.held().take(generation.heldTokens());
        context.observer().received(facts);
        live.add(generation);
        waiting.put(generation.number(), generation);
        pump();
        return generation;
    }

    void update(Gateways.Routes newer) {
        Map<String, RankSlot> kept = new LinkedHashMap<>();
        for (Rank rank : newer.ranks()) {
            String key = RankSlot.key(rank);
            RankSlot known = slots.get(key);
            kept.put(key, known != null && known.rank().equals(rank) ? known : slotAmongRunning(rank));
        }
        if (!kept.keySet().equals(slots.keySet()) || newer.epoch() != routes.epoch()) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "event=routes deployment={0} epoch={1} ranks={2}",
                    newer.deployment(),
                    String.valueOf(newer.epoch()),
                    newer.ranks().stream().map(Rank::rank).toList());
        }
        routes = newer;
        slots = kept;
        pump();
    }

    /** The deployment was deleted: what waits is told so, what runs may end. */
    void gone() {
        gone = true;
        for (Generation generation : List.copyOf(waiting.values())) {
            generation.fail(404, goneMessage());
        }
    }

    /** A slot for a rank that may not be among the routes (any more, or yet). */
    RankSlot slotOf(Rank rank) {
        RankSlot known = slots.get(RankSlot.key(rank));
        return known != null ? known : slotAmongRunning(rank);
    }

    /** A request lost its place: it goes before all that came after it. */
    void again(Generation generation) {
        if (gone) {
            generation.fail(404, goneMessage());
            return;
        }
        waiting.put(generation.number(), generation);
        pump();
    }

    /** A sequence left that rank. */
    void roomAt(RankSlot slot) {
        if (slots.containsValue(slot)) {
            pump();
        }
    }

    void ended(Generation generation, Outcome outcome) {
        if (live.remove(generation)) {
            context.held().give(generation.heldTokens());
        }
        waiting.remove(generation.number());
        switch (outcome) {
            case Outcome.Completed c -> completed++;
            case Outcome.Failed f -> failed++;
            case Outcome.Cancelled c -> {}
        }
    }

    /** Gives up requests that waited too long. */
    void expire() {
        long now = context.nanos();
        for (Generation generation : List.copyOf(waiting.values())) {
            generation.expire(now);
        }
    }

    /** Asks each rank with sequences for a sign of life; those that stay silent lose their sequences. */
    void probe() {
        for (RankSlot slot : runningSlots()) {
            context.workers().answers(slot.rank()).onSuccess(answered -> {
                if (slot.probed(answered)) {
                    slot.running().forEach(generation -> generation.abandon("its worker gives no sign of life"));
                }
            });
        }
    }

    private void pump() {
        if (pumping) {
            return;
        }
        pumping = true;
        try {
            while (!waiting.isEmpty()) {
                Optional<RankSlot> slot = choose(waiting.firstEntry().getValue());
                if (slot.isEmpty()) {
                    wakeUpAfterRest();
                    return;
                }
                waiting.pollFirstEntry().getValue().run(slot.get());
            }
        } finally {
            pumping = false;
        }
    }

    /** The least loaded rank with room that does not rest; another than the one that failed the request, if there is one. */
    private Optional<RankSlot> choose(Generation generation) {
        long now = context.nanos();
        List<RankSlot> open = slots.values().stream()
                .filter(slot -> slot.hasRoom() && !slot.rests(now))
                .toList();
        if (open.isEmpty()) {
            return Optional.empty();
        }
        List<RankSlot> others =
                open.stream().filter(slot -> slot != generation.avoid()).toList();
        List<RankSlot> candidates = others.isEmpty() ? open : others;
        int first = turn++ % candidates.size();
        RankSlot best = candidates.get(first);
        for (int i = 1; i < candidates.size(); i++) {
            RankSlot next = candidates.get((first + i) % candidates.size());
            best = next.load() < best.load() ? next : best;
        }
        return Optional.of(best);
    }

    private void wakeUpAfterRest() {
        long now = context.nanos();
        slots.values().stream()
                .filter(slot -> slot.hasRoom() && slot.rests(now))
                .mapToLong(slot -> slot.restNanosLeft(now))
                .min()
                .ifPresent(nanos -> {
                    if (!wakeUpSet) {
                        wakeUpSet = true;
                        context.timers().after(nanos / NANOS_PER_MILLI + 1, this::wakeUp);
                    }
                });
    }

    private void wakeUp() {
        wakeUpSet = false;
        pump();
    }

    private Set<RankSlot> runningSlots() {
        Set<RankSlot> found = new HashSet<>();
        for (Generation generation : live) {
            RankSlot slot = generation.slot();
            if (slot != null) {
                found.add(slot);
            }
        }
        return found;
    }

    private RankSlot slotAmongRunning(Rank rank) {
        return runningSlots().stream()
                .filter(slot -> slot.rank().equals(rank))
                .findFirst()
                .orElseGet(() -> new RankSlot(rank, context.limits()));
    }

    private String goneMessage() {
        return "the model '" + modelName() + "' was deleted";
    }

    /** Ranks that may take new sequences. */
    public List<Integer> ranks() {
        List<Integer> ranks = new ArrayList<>();
        slots.values().forEach(slot -> ranks.add(slot.rank().rank()));
        ranks.sort(Comparator.naturalOrder());
        return ranks;
    }
}
