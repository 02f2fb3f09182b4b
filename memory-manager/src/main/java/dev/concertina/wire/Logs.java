package dev.concertina.wire;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Logs as single key-value lines on standard output; libraries only when they have a problem. */
public final class Logs {
    /** Held, since loggers that nobody holds forget their level. */
    private static final List<Logger> HELD = new CopyOnWriteArrayList<>();

    private Logs() {}

    /**
     * Call once, first of all in {@code main}.
     *
     * @param silenced packages of libraries that repeat themselves about what we say once ourselves
     */
    public static void toStandardOutput(String... silenced) {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        root.setLevel(Level.WARNING);
        level("dev.concertina", Level.INFO);
        for (String library : silenced) {
            level(library, Level.OFF);
        }
        root.addHandler(new StandardOutput());
    }

    private static void level(String name, Level level) {
        Logger logger = Logger.getLogger(name);
        logger.setLevel(level);
        HELD.add(logger);
    }

    /** One record as one line without its line break, its message given; a stack trace's line breaks are written as {@code \n}. */
    public static String line(LogRecord record, String message) {
        return "time=" + record.getInstant() + " level=" + record.getLevel() + " logger=" + record.getLoggerName() + " "
                + message + problem(record);
    }

    private static String problem(LogRecord record) {
        if (record.getThrown() == null) {
            return "";
        }
        StringWriter text = new StringWriter();
        record.getThrown().printStackTrace(new PrintWriter(text));
        return " problem=\"" + text.toString().strip().replace("\n", "\\n").replace("\t", "") + "\"";
    }

    private static final class StandardOutput extends Handler {
        private final Formatter messages = new Formatter() {
            @Override
            public String format(LogRecord record) {
                return line(record, formatMessage(record));
            }
        };

        @Override
        public void publish(LogRecord record) {
            System.out.println(messages.format(record));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
