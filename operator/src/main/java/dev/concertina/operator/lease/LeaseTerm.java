package dev.concertina.operator.lease;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Leadership by one Lease object. Whoever takes it raises {@code leaseTransitions}, also when it held it before: that count is the term, so a
 * restarted operator always has a higher one than its predecessor. Losing the Lease is told once; the process then has to end.
 */
public final class LeaseTerm implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(LeaseTerm.class.getName());
    static final String NAME = "concertina-operator";
    /** 2024-01-01, in seconds since the epoch. */
    private static final long CLOCK_BEGINS = 1_704_067_200L;

    private final KubernetesClient client;
    private final String namespace;
    private final String holder;
    private final Duration duration;
    private final Clock clock;
    private final Thread renewer;
    private final Runnable lost;
    private volatile boolean closed;
    private long term;
    private String said = "";
    private volatile Instant renewed = Instant.EPOCH;
    private String seenVersion = "";
    private String seenHolder = "";
    private Instant seenSince = Instant.EPOCH;

    private LeaseTerm(
            KubernetesClient client, String namespace, String holder, Duration duration, Clock clock, Runnable lost) {
        this.client = client;
        this.namespace = namespace;
        this.holder = holder;
        this.duration = duration;
        this.clock = clock;
        this.lost = lost;
        this.renewer = Thread.ofPlatform().daemon().name("lease").unstarted(this::renew);
    }

    /**
     * Takes the Lease, waiting for as long as another holder renews it.
     *
     * @param another gets the holder's name each time that it is another's
     * @param lost called at most once, on the Lease's thread, when another took it or it could not be renewed in time
     * @throws InterruptedException while waiting
     */
    public static LeaseTerm acquire(
            KubernetesClient client,
            String namespace,
            String holder,
            Duration duration,
            Clock clock,
            Consumer<String> another,
            Runnable lost)
            throws InterruptedException {
        LeaseTerm lease = new LeaseTerm(client, namespace, holder, duration, clock, lost);
        boolean said = false;
        while (!lease.tryTake()) {
            another.accept(lease.seenHolder);
            if (!said) {
                LOG.log(System.Logger.Level.INFO, "waiting for the lease namespace={0} name={1}", namespace, NAME);
                said = true;
            }
            Thread.sleep(250);
        }
        LOG.log(System.Logger.Level.INFO, "leading term={0} holder={1}", lease.term, holder);
        lease.renewer.start();
        return lease;
    }

    /** What every command carries. */
    public long term() {
        return term;
    }

    /** When it was renewed last. */
    public Instant renewed() {
        return renewed;
    }

    /** Whether one of the last two renewals worked, and so the API server answers. */
    public boolean renewedLately() {
        return renewed.plus(duration.dividedBy(2)).isAfter(clock.instant());
    }

    private boolean tryTake() {
        try {
            Lease current =
                    client.leases().inNamespace(namespace).withName(NAME).get();
            Instant now = clock.instant();
            if (current != null && heldByAnother(current, now)) {
                return false;
            }
            long transitions = current == null ? firstTerm(now) : transitions(current);
            Lease wanted = lease(current, transitions + 1, now);
            if (current == null) {
                client.resource(wanted).create();
            } else {
                client.resource(wanted).update();
            }
            term = transitions + 1;
            renewed = now;
            return true;
        } catch (KubernetesClientException e) {
            String reason = String.valueOf(e.getMessage());
            if (!reason.equals(said)) {
                LOG.log(System.Logger.Level.WARNING, "lease not taken reason={0}", reason);
                said = reason;
            }
            return false;
        }
    }

    /** By this machine's clock alone: the holder's may be wrong, so what counts is when its last renewal was first seen here. */
    private boolean heldByAnother(Lease lease, Instant now) {
        LeaseSpec spec = lease.getSpec();
        if (spec == null
                || spec.getHolderIdentity() == null
                || spec.getHolderIdentity().isEmpty()
                || spec.getHolderIdentity().equals(holder)
                || spec.getRenewTime() == null) {
            return false;
        }
        long seconds = spec.getLeaseDurationSeconds() == null ? duration.toSeconds() : spec.getLeaseDurationSeconds();
        String version = spec.getHolderIdentity() + " " + spec.getLeaseTransitions() + " " + spec.getRenewTime();
        if (!version.equals(seenVersion)) {
            seenVersion = version;
            seenHolder = spec.getHolderIdentity();
            seenSince = now;
        }
        return seenSince.plusSeconds(seconds).isAfter(now);
    }

    /** Without a Lease the count begins at the clock, not at 0: agents outlive a deleted Lease and remember its terms. */
    private static long firstTerm(Instant now) {
        return Math.clamp(now.getEpochSecond() - CLOCK_BEGINS, 0, Integer.MAX_VALUE / 2);
    }

    private static long transitions(Lease lease) {
        return lease.getSpec() == null || lease.getSpec().getLeaseTransitions() == null
                ? 0
                : lease.getSpec().getLeaseTransitions();
    }

    private Lease lease(@Nullable Lease current, long transitions, Instant now) {
        LeaseBuilder builder = current == null
                ? new LeaseBuilder()
                        .withNewMetadata()
                        .withName(NAME)
                        .withNamespace(namespace)
                        .endMetadata()
                : new LeaseBuilder(current);
        return builder.editOrNewSpec()
                .withHolderIdentity(holder)
                .withLeaseDurationSeconds((int) Math.max(1, duration.toSeconds()))
                .withLeaseTransitions((int) transitions)
                .withRenewTime(now.atZone(ZoneOffset.UTC))
                .endSpec()
                .build();
    }

    private void renew() {
        while (!closed) {
            try {
                Thread.sleep(duration.dividedBy(4));
                if (!closed && !stillMine() && !closed) {
                    lost.run();
                    return;
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private boolean stillMine() {
        Instant now = clock.instant();
        try {
            Lease current =
                    client.leases().inNamespace(namespace).withName(NAME).get();
            if (current != null
                    && (transitions(current) != term
                            || !Objects.equals(current.getSpec().getHolderIdentity(), holder))) {
                LOG.log(
                        System.Logger.Level.ERROR,
                        "lease lost to holder={0}",
                        current.getSpec().getHolderIdentity());
                return false;
            }
            Lease wanted = lease(current, term, now);
            if (current == null) {
                client.resource(wanted).create();
            } else {
                client.resource(wanted).update();
            }
            renewed = now;
            return true;
        } catch (KubernetesClientException | IllegalStateException e) {
            if (closed) {
                return true;
            }
            LOG.log(System.Logger.Level.WARNING, "lease not renewed reason={0}", String.valueOf(e.getMessage()));
            return renewed.plus(duration).isAfter(now);
        }
    }

    /** Stops renewing and keeps the Lease, as a killed process does. */
    public void abandon() {
        closed = true;
        renewer.interrupt();
    }

    /** Gives the Lease back, so that the next operator need not wait; its term stays. */
    @Override
    public void close() {
        abandon();
        try {
            Lease current =
                    client.leases().inNamespace(namespace).withName(NAME).get();
            if (current != null
                    && transitions(current) == term
                    && holder.equals(current.getSpec().getHolderIdentity())) {
                current.getSpec().setHolderIdentity("");
                client.resource(current).update();
            }
        } catch (KubernetesClientException e) {
            LOG.log(System.Logger.Level.DEBUG, "lease not given back reason={0}", String.valueOf(e.getMessage()));
        }
    }
}
