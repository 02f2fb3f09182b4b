package dev.concertina.e2e.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Makes a trace of ServeGen's rates of clients in windows (Y. Xiang et al., "ServeGen", arXiv 2505.09999): lines {@code
 * client,window_start_s,rate_rps,interarrival_cv,pattern,param1,param2}. Arrivals are a renewal process per client and window, with Gamma or
 * Weibull gaps of the window's mean and variation, or exponential ones where the window names no pattern. Lengths are log-normal with the means
 * and variations asked for.
 */
public final class ServeGenFile {
    static final String HEADER = "client,window_start_s,rate_rps,interarrival_cv,pattern,param1,param2";
    private static final double WINDOW_SECONDS = 600;
    private static final double LEAST_SHAPE = 0.02;
    private static final int MOST_REQUESTS = 5_000_000;

    private ServeGenFile() {}

    /**
     * Distribution of a length in tokens.
     *
     * @param mean above 0
     * @param variation standard deviation over mean, not negative
     * @param most longer ones are cut
     */
    public record Lengths(double mean, double variation, int most) {
        public Lengths {
            if (!(mean >= 1 && variation >= 0 && most >= mean)) {
                throw new IllegalArgumentException("a length needs a mean of at least 1, a variation of at least 0 and"
                        + " a limit above its mean, not " + mean + ", " + variation + ", " + most);
            }
        }

        int draw(RandomGenerator random) {
            double variance = Math.log(1 + variation * variation);
            double value = Math.exp(Math.log(mean) - variance / 2 + Math.sqrt(variance) * random.nextGaussian());
            return (int) Math.clamp(Math.round(value), 1, most);
        }
    }

    private record Window(int line, double from, double rate, String pattern, double shape) {}

    /**
     * Reads a file and draws the arrivals of its first {@code hours}.
     *
     * @throws TraceException when it is missing, not in the format, or draws too many requests
     */
    public static Trace draw(Path file, double hours, Lengths prompts, Lengths answers, long seed)
            throws TraceException {
        List<Window> windows = TraceFile.open(file, reader -> parse(file, reader));
        SplittableRandom random = new SplittableRandom(seed);
        List<Trace.Arrival> arrivals = new ArrayList<>();
        for (Window window : windows) {
            if (window.rate > 0 && window.from < hours * 3_600) {
                draw(
                        window,
                        Math.min(window.from + WINDOW_SECONDS, hours * 3_600),
                        random.split(),
                        at -> arrivals.add(new Trace.Arrival(
                                Duration.ofNanos(Math.round(at * 1e9)), prompts.draw(random), answers.draw(random))));
                if (arrivals.size() > MOST_REQUESTS) {
                    throw new TraceException("the trace file " + file + " gives more than " + MOST_REQUESTS
                            + " requests; ask for fewer hours with --hours");
                }
            }
        }
        if (arrivals.isEmpty()) {
            throw new TraceException("the trace file " + file + " gives no request in " + hours + " hours");
        }
        arrivals.sort(Comparator.comparing(Trace.Arrival::at));
        return new Trace(file.getFileName().toString(), arrivals);
    }

    /** True when the file begins as such a file does. */
    public static boolean isOne(Path file) throws TraceException {
        return TraceFile.open(file, reader -> {
            String header = reader.readLine();
            return header != null && header.strip().equalsIgnoreCase(HEADER);
        });
    }

    private interface Sink {
        void arrival(double at);
    }

    /** A renewal process in equilibrium, nearly: the first gap begins at a random part of itself before the window. */
    private static void draw(Window window, double to, SplittableRandom random, Sink sink) {
        double at = window.from - gap(window, random) * random.nextDouble();
        while (at < to) {
            if (at >= window.from) {
                sink.arrival(at);
            }
            at += gap(window, random);
        }
    }

    private static double gap(Window window, SplittableRandom random) {
        double mean = 1 / window.rate;
        return switch (window.pattern) {
            case "Gamma" -> mean / window.shape * gamma(window.shape, random);
            case "Weibull" ->
                mean / gammaFunction(1 + 1 / window.shape) * Math.pow(random.nextExponential(), 1 / window.shape);
            default -> mean * random.nextExponential();
        };
    }

    /** G. Marsaglia and W. Tsang, "A Simple Method for Generating Gamma Variables", ACM TOMS 26(3), 2000. */
    private static double gamma(double shape, SplittableRandom random) {
        if (shape < 1) {
            return gamma(shape + 1, random) * Math.pow(1 - random.nextDouble(), 1 / shape);
        }
        double d = shape - 1.0 / 3;
        double c = 1 / Math.sqrt(9 * d);
        while (true) {
            double x = random.nextGaussian();
            double v = Math.pow(1 + c * x, 3);
            if (v > 0 && Math.log(1 - random.nextDouble()) < x * x / 2 + d - d * v + d * Math.log(v)) {
                return d * v;
            }
        }
    }

    /** By Stirling's series, after raising the argument. */
    private static double gammaFunction(double x) {
        double divisor = 1;
        double z = x;
        while (z < 12) {
            divisor *= z;
            z++;
        }
        double series = 1 / (12 * z) - 1 / (360 * z * z * z) + 1 / (1260 * Math.pow(z, 5));
        return Math.exp((z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series) / divisor;
    }

    private static List<Window> parse(Path file, BufferedReader reader) throws IOException, TraceException {
        String header = reader.readLine();
        if (header == null || !header.strip().equalsIgnoreCase(HEADER)) {
            throw new TraceException("the trace file " + file + " does not start with the line " + HEADER);
        }
        List<Window> windows = new ArrayList<>();
        int number = 1;
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            String[] fields = line.split(",", -1);
            if (fields.length != 7) {
                throw TraceFile.wrong(file, number, "it has " + fields.length + " fields instead of 7");
            }
            double from = number(file, number, "window_start_s", fields[1]);
            double rate = number(file, number, "rate_rps", fields[2]);
            String pattern = fields[4].strip();
            if (!pattern.isEmpty() && !pattern.equals("Gamma") && !pattern.equals("Weibull")) {
                throw TraceFile.wrong(
                        file, number, "the pattern '" + pattern + "' is neither Gamma nor Weibull nor empty");
            }
            double shape = pattern.isEmpty() ? 1 : number(file, number, "param1", fields[5]);
            windows.add(new Window(number, from, rate, pattern, Math.max(LEAST_SHAPE, shape)));
        }
        return windows;
    }

    private static double number(Path file, int line, String column, String text) throws TraceException {
        try {
            double value = Double.parseDouble(text.strip());
            if (value >= 0 && value < 1e12) {
                return value;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw TraceFile.wrong(file, line, column + " '" + text + "' is no number of at least 0");
    }
}
