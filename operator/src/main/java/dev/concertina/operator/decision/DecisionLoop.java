package dev.concertina.operator.decision;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.crds.MoEDeploymentSpec.Mode;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.operator.ingest.Loads;
import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.spec.Wanted;
import dev.concertina.scheduler.load.LoadSnapshot;
import dev.concertina.scheduler.width.LeadTimes;
import dev.concertina.scheduler.width.Room;
import dev.concertina.scheduler.width.WidthConfig;
import dev.concertina.scheduler.width.WidthDecision;
import dev.concertina.scheduler.width.WidthInput;
import dev.concertina.scheduler.width.WidthMemory;
import dev.concertina.scheduler.width.WidthPolicy;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Decides for every deployment that is not {@code Manual}, at its interval; frozen from a written decision until its operation has ended. One thread. */
public final class DecisionLoop implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(DecisionLoop.class.getName());
    private static final Duration TICK = Duration.ofMillis(500);
    private static final Duration PENDING = Duration.ofSeconds(10);
    private static final double PRIOR_TOKENS_PER_SECOND = 500;
    private static final Duration PRIOR_STEP = Duration.ofMillis(20);

    private final KubernetesClient client;
    private final Loads loads;
    private final Decisions decisions;
    private final Operations operations;
    private final Clock clock;
    private final Map<String, Watched> watched = new HashMap<>();
    private final Thread loop;
    private volatile boolean closed;

    public DecisionLoop(KubernetesClient client, Loads loads, Decisions decisions, Clock clock) {
        this.client = client;
        this.loads = loads;
        this.decisions = decisions;
        this.operations = new Operations(client);
        this.clock = clock;
        this.loop = Thread.ofPlatform().daemon().name("decisions").unstarted(this::run);
    }

    /**
     * What the loop remembers of a deployment: its last decision, until when one that was written may take to begin, and how long operations
     * took as of the width that served then.
     */
    private record Watched(Instant last, WidthMemory memory, Instant pendingUntil, int width, LeadTimes leadTimes) {
        private static final Watched NOTHING =
                new Watched(Instant.EPOCH, WidthMemory.initial(), Instant.EPOCH, -1, MeasuredLeadTimes.of(List.of()));
    }

    public void start() {
        loop.start();
    }

    private void run() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                tick();
                Thread.sleep(TICK);
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                if (closed) {
                    return;
                }
                LOG.log(System.Logger.Level.WARNING, "decisions not made", e);
            }
        }
    }

    private void tick() {
        for (MoEDeployment deployment :
                client.resources(MoEDeployment.class).inAnyNamespace().list().getItems()) {
            try {
                consider(deployment);
            } catch (IllegalArgumentException e) {
                LOG.log(
                        System.Logger.Level.DEBUG,
                        "no decision for a spec that is not valid reason={0}",
                        e.getMessage());
            }
        }
    }

    private void consider(MoEDeployment deployment) {
        String key = deployment.getMetadata().getNamespace() + "/"
                + deployment.getMetadata().getName();
        MoEDeploymentStatus status = deployment.getStatus();
        Wanted wanted = Wanted.of(deployment);
        Instant now = clock.instant();
        Watched before = watched.getOrDefault(key, Watched.NOTHING);
        if (wanted.mode() == Mode.Manual
                || wanted.paused()
                || status == null
                || status.effectiveWidth() == null
                || status.effectiveWidth() == 0
                || status.activeOperation() != null
                || (wanted.width() != status.effectiveWidth()
                        && before.pendingUntil().isAfter(now))
                || before.last().plus(wanted.interval()).isAfter(now)) {
            return;
        }
        Optional<LoadSnapshot> load = loads.snapshot(key, now);
        if (load.isEmpty()) {
            return;
        }
        LeadTimes leadTimes = leadTimes(deployment, before, status.effectiveWidth());
        WidthDecision decision = policy(wanted)
                .decide(new WidthInput(
                        now,
                        load.get(),
                        status.effectiveWidth(),
                        wanted.minWidth(),
                        wanted.maxWidth(),
                        wanted.maxStep(),
                        wanted.slo(),
                        wanted.scaleUpStabilization(),
                        wanted.scaleDownStabilization(),
                        before.memory(),
                        new Room(wanted.budget(), 1, decisions.floor(key), 1, 1, Room.PLAIN.idleBeforeZero(), 1),
                        leadTimes));
        boolean applied = wanted.mode() == Mode.Auto
                && !load.get().missing()
                && decision.width() != wanted.width()
                && write(deployment, decision.width());
        watched.put(
                key,
                new Watched(
                        now,
                        decision.memory(),
                        applied ? now.plus(PENDING) : Instant.EPOCH,
                        status.effectiveWidth(),
                        leadTimes));
        decisions.add(key, new Decisions.Made(now, status.effectiveWidth(), decision.brief(), applied));
        if (applied) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "decision deployment={0} from={1} to={2} reasons={3}",
                    key,
                    status.effectiveWidth(),
                    decision.width(),
                    decision.reasons());
        }
    }

    /** Read anew when another width serves: then an operation has ended. */
    private LeadTimes leadTimes(MoEDeployment deployment, Watched before, int width) {
        return before.width() == width
                ? before.leadTimes()
                : MeasuredLeadTimes.of(operations.list(
                        deployment.getMetadata().getNamespace(),
                        deployment.getMetadata().getName()));
    }

    /** The policy that decides for such a deployment. */
    public static WidthPolicy policy(Wanted wanted) {
        WidthConfig config = wanted.pace()
                .map(pace -> WidthConfig.ofPace(pace.step(), pace.token()))
                .orElse(WidthConfig.of(PRIOR_TOKENS_PER_SECOND, PRIOR_STEP));
        return new WidthPolicy(config.withConfidence(wanted.confidence()));
    }

    /** Writes {@code spec.width} by update with the resource version; a lost race is decided anew at the next interval. */
    private boolean write(MoEDeployment deployment, int width) {
        try {
            MoEDeployment copy = client.getKubernetesSerialization().clone(deployment);
            copy.setSpec(withWidth(deployment.getSpec(), width));
            client.resource(copy).update();
            return true;
        } catch (KubernetesClientException e) {
            LOG.log(System.Logger.Level.INFO, "width not written reason={0}", e.getMessage());
            return false;
        }
    }

    private static MoEDeploymentSpec withWidth(MoEDeploymentSpec spec, @Nullable Integer width) {
        return new MoEDeploymentSpec(
                spec.model(),
                spec.engine(),
                spec.parallelism(),
                width,
                spec.scaling(),
                spec.slo(),
                spec.placement(),
                spec.accelerator(),
                spec.traffic(),
                spec.paused());
    }

    @Override
    public void close() {
        closed = true;
        loop.interrupt();
    }
}
