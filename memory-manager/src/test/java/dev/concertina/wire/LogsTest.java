package dev.concertina.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.Test;

class LogsTest {
    @Test
    void aRecordIsOneLineAlsoWithAStackTrace() {
        LogRecord log = new LogRecord(Level.WARNING, "copy failed object={0}");
        log.setParameters(new Object[] {"expert/3/5"});
        log.setLoggerName("dev.concertina.x");
        log.setInstant(Instant.EPOCH);
        log.setThrown(new IllegalStateException("first\nsecond"));

        String line = Logs.line(log, new SimpleFormatter().formatMessage(log));

        assertThat(line)
                .startsWith("time=1970-01-01T00:00:00Z level=WARNING logger=dev.concertina.x copy failed"
                        + " object=expert/3/5 problem=\"java.lang.IllegalStateException: first\\nsecond\\nat ")
                .contains("aRecordIsOneLineAlsoWithAStackTrace")
                .doesNotContain("\n");
    }
}
