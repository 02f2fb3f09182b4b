package dev.concertina.operator.app;

import dev.concertina.wire.Logs;
import io.quarkus.bootstrap.logging.InitialConfigurator;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.util.logging.Handler;

/** A record with a stack trace is one line too, as in all our processes: Quarkus' own patterns cannot say that. First of all at start. */
@ApplicationScoped
public class OneLineLogs {
    void start(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event) {
        for (Handler handler : InitialConfigurator.DELAYED_HANDLER.getHandlers()) {
            handler.setFormatter(Logs.lines());
        }
    }
}
