package dev.concertina.worker;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Logs as key-value lines on standard output; libraries only when they have a problem. */
final class Logs {
    private static final Logger ROOT = Logger.getLogger("");

    /** Held, since loggers that nobody holds forget their level. */
    private static final Logger OURS = Logger.getLogger("dev.concertina");

    /** Its client warns at every attempt to connect. */
    private static final Logger KAFKA = Logger.getLogger("org.apache.kafka");

    private Logs() {}

    static void toStandardOutput() {
        LogManager.getLogManager().reset();
        ROOT.setLevel(Level.WARNING);
        KAFKA.setLevel(Level.OFF);
        OURS.setLevel(Level.INFO);
        ROOT.addHandler(new StandardOutput());
    }

    private static final class StandardOutput extends Handler {
        private final Formatter messages = new Formatter() {
            @Override
            public String format(LogRecord line) {
                return formatMessage(line);
            }
        };

        @Override
        public void publish(LogRecord line) {
            System.out.println("time=" + line.getInstant() + " level=" + line.getLevel() + " logger="
                    + line.getLoggerName() + " " + messages.format(line) + trace(line.getThrown()));
        }

        private static String trace(@Nullable Throwable thrown) {
            if (thrown == null) {
                return "";
            }
            StringWriter text = new StringWriter();
            thrown.printStackTrace(new PrintWriter(text));
            return " problem=\"" + text.toString().strip() + "\"";
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
