package dev.concertina.operator.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.bootstrap.logging.InitialConfigurator;
import io.quarkus.runtime.StartupEvent;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.Test;

/** What Quarkus made for the console writes a record with a stack trace as one line from the application's start on. */
class OneLineLogsTest {
    @Test
    void aStackTraceIsPartOfItsLine() {
        Handler console = new Handler() {
            @Override
            public void publish(LogRecord record) {}

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        console.setFormatter(new PatternFormatter("level=%p %s%e%n"));
        LogRecord record = new LogRecord(Level.WARNING, "not told deployment={0}");
        record.setLoggerName("dev.concertina.operator");
        record.setParameters(new Object[] {"default/a"});
        record.setThrown(new IllegalStateException("outer", new IllegalArgumentException("inner")));
        assertThat(console.getFormatter().format(record)).contains("\n\tat ");

        Handler[] before = InitialConfigurator.DELAYED_HANDLER.getHandlers();
        InitialConfigurator.DELAYED_HANDLER.setHandlers(new Handler[] {console});
        try {
            new OneLineLogs().start(new StartupEvent());
        } finally {
            InitialConfigurator.DELAYED_HANDLER.setHandlers(before);
        }
        String line = console.getFormatter().format(record);
        assertThat(line)
                .startsWith("time=")
                .endsWith("\"\n")
                .contains(" level=WARNING logger=dev.concertina.operator not told deployment=default/a problem=\"")
                .contains("IllegalStateException: outer\\nat ", "Caused by: java.lang.IllegalArgumentException: inner");
        assertThat(line.strip()).doesNotContain("\n");
    }
}
