package dev.concertina.operator.app;

import dev.concertina.observe.Tracing;
import dev.concertina.operator.settings.Settings;
import dev.concertina.wire.Token;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Starts and stops {@link Control} with the application. The Lease is waited for on a thread of its own, so that health is answered meanwhile. */
@ApplicationScoped
public class OperatorApplication {
    private static final System.Logger LOG = System.getLogger(OperatorApplication.class.getName());

    private final KubernetesClient client;
    private final Settings settings;
    private volatile @Nullable Control control;
    private volatile @Nullable Thread starter;
    private volatile @Nullable String leader;

    OperatorApplication(KubernetesClient client, Settings settings) {
        this.client = client;
        this.settings = settings;
    }

    void start(@Observes StartupEvent event) {
        starter = Thread.ofPlatform().name("operator-start").start(this::lead);
    }

    private void lead() {
        try {
            control = Control.start(
                    client,
                    Token.fromEnvironment(),
                    settings,
                    Clock.systemUTC(),
                    other -> leader = other.isEmpty() ? null : other,
                    () -> {
                        LOG.log(System.Logger.Level.ERROR, "the lease is lost: ending, so that one leader acts");
                        Runtime.getRuntime().halt(1);
                    },
                    Tracing.of(System.getenv(), "concertina-operator"));
            leader = null;
        } catch (InterruptedException e) {
            LOG.log(System.Logger.Level.INFO, "stopped while waiting for the lease");
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "the operator cannot start", e);
            Runtime.getRuntime().halt(1);
        }
    }

    void stop(@Observes ShutdownEvent event) {
        Thread thread = starter;
        if (thread != null) {
            thread.interrupt();
        }
        Control running = control;
        if (running != null) {
            running.close();
        }
    }

    /** Name of the pod that leads, as this one last saw it while it waits; empty when it leads itself or has seen none. */
    public Optional<String> leader() {
        return Optional.ofNullable(leader);
    }

    /** The leading operator, empty while another leads. */
    public Optional<Control> control() {
        return Optional.ofNullable(control);
    }
}
