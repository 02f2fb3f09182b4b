package dev.concertina.scheduler.simulation;

import dev.concertina.scheduler.load.LoadConfig;
import dev.concertina.scheduler.load.LoadTracker;
import dev.concertina.scheduler.load.Slo;
import dev.concertina.scheduler.load.TrafficEvent;
import dev.concertina.scheduler.width.LeadTimes;
import dev.concertina.scheduler.width.Room;
import dev.concertina.scheduler.width.WidthConfig;
import dev.concertina.scheduler.width.WidthDecision;
import dev.concertina.scheduler.width.WidthInput;
import dev.concertina.scheduler.width.WidthMemory;
import dev.concertina.scheduler.width.WidthPolicy;
import java.time.Duration;
import java.time.Instant;

/** The width policy of this scheduler as the operator runs it: the same load windows, the same decision once a second. */
public final class ConcertinaPolicy implements ScalingPolicy {
    /** The defaults of {@code MoEDeployment}. */
    private static final Duration UP_STABILIZATION = Duration.ofSeconds(2);

    private static final Duration DOWN_STABILIZATION = Duration.ofSeconds(60);

    private final Engine engine;
    private final Slo slo;
    private final LoadTracker tracker;
    private final WidthPolicy policy;
    private final Room room;
    private final LeadTimes leadTimes;
    private WidthMemory memory = WidthMemory.initial();

    /**
     * A policy that has seen nothing yet.
     *
     * @param config with the prior of the engine, which is not the engine's truth
     * @param delays how long operations took before, which the operator measures
     */
    public ConcertinaPolicy(Engine engine, Slo slo, WidthConfig config, Delays delays) {
        this.room = new Room(0, 1, 1, 1, 1, Room.PLAIN.idleBeforeZero(), engine.imbalance());
        this.leadTimes = LeadTimes.assumed(delays.up(), delays.down());
        this.engine = engine;
        this.slo = slo;
        tracker = new LoadTracker(LoadConfig.of(slo));
        policy = new WidthPolicy(config);
    }

    @Override
    public String name() {
        return "Concertina";
    }

    @Override
    public double intervalSeconds() {
        return 1;
    }

    @Override
    public boolean listens() {
        return true;
    }

    @Override
    public void event(TrafficEvent event) {
        tracker.accept(event);
    }

    @Override
    public int decide(View view) {
        Instant now = Simulation.time(view.seconds());
        WidthDecision decision = policy.decide(new WidthInput(
                now,
                tracker.snapshot(now),
                view.width(),
                engine.minWidth(),
                engine.maxWidth(),
                0,
                slo,
                UP_STABILIZATION,
                DOWN_STABILIZATION,
                memory,
                room,
                leadTimes));
        memory = decision.memory();
        return decision.width();
    }
}
