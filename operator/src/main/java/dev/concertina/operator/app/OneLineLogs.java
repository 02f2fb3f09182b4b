package dev.concertina.operator.app;

import dev.concertina.wire.Logs;
import io.quarkus.bootstrap.logging.InitialConfigurator;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtLogRecord;

/** A record with a stack trace is one line too, as in all our processes: Quarkus' own patterns cannot say that. First of all at start. */
@ApplicationScoped
public class OneLineLogs {
    private static final Formatter LINES = new ExtFormatter() {
        @Override
        public String format(ExtLogRecord record) {
            return Logs.line(record, record.getFormattedMessage()) + "\n";
        }
    };

    void start(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event) {
        for (Handler handler : InitialConfigurator.DELAYED_HANDLER.getHandlers()) {
            handler.setFormatter(LINES);
        }
    }
}
