package dev.concertina.gateway;

import dev.concertina.gateway.routing.RoutingLimits;
import dev.concertina.wire.KafkaClient;
import java.net.InetSocketAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway process is told by its environment, {@code docs/protocols.md}.
 *
 * @param http where the OpenAI API listens
 * @param control where the control server listens
 * @param name this gateway's name in events
 * @param kafka where events go, null: no events
 * @param topic of the events
 * @param state folder of its own that outlives the process, null: none
 * @param ending how it ends
 */
record Settings(
        InetSocketAddress http,
        InetSocketAddress control,
        String name,
        @Nullable KafkaClient kafka,
        String topic,
        RoutingLimits limits,
        @Nullable Path state,
        Ending ending) {
    /**
     * How a gateway ends that is told to.
     *
     * @param linger for how long it goes on at least, since those who send to it hear of its leaving a little later
     * @param drain for how long it goes on at most, while answers are under way
     */
    record Ending(Duration linger, Duration drain) {
        static final Ending DEFAULT = new Ending(Duration.ZERO, Duration.ofSeconds(30));

        Ending {
            if (linger.compareTo(drain) > 0) {
                throw new IllegalArgumentException("CONCERTINA_LINGER_SECONDS is " + linger.toSeconds()
                        + ", longer than the " + drain.toSeconds()
                        + " of CONCERTINA_DRAIN_SECONDS; it must be shorter");
            }
        }
    }

    private static final int HTTP_PORT = 8080;
    private static final int CONTROL_PORT = 8081;

    /** @throws IllegalArgumentException in one sentence that names the variable and the fix */
    static Settings from(Map<String, String> environment) {
        String host = text(environment, "CONCERTINA_HOST");
        if (host == null) {
            throw new IllegalArgumentException(
                    "CONCERTINA_HOST is not set; set it to the address to listen on, 127.0.0.1 for example");
        }
        String http = text(environment, "CONCERTINA_HTTP");
        String name = text(environment, "CONCERTINA_POD");
        String topic = text(environment, "CONCERTINA_TOPIC");
        RoutingLimits defaults = RoutingLimits.defaults();
        return new Settings(
                http == null ? address(host, HTTP_PORT, "CONCERTINA_HOST") : hostAndPort(http),
                address(host, CONTROL_PORT, "CONCERTINA_HOST"),
                checkedName(name == null ? "gateway-" + host.replace(':', '-') : name),
                KafkaClient.from(environment),
                topic == null ? "concertina.traffic" : topic,
                defaults.withInFlight(
                        number(environment, "CONCERTINA_MAX_IN_FLIGHT", 1, defaults.maxInFlightPerRank()),
                        number(environment, "CONCERTINA_MAX_QUEUED", 0, defaults.maxQueued())),
                folder(environment, "CONCERTINA_STATE_DIR"),
                new Ending(
                        seconds(environment, "CONCERTINA_LINGER_SECONDS", Ending.DEFAULT.linger()),
                        seconds(environment, "CONCERTINA_DRAIN_SECONDS", Ending.DEFAULT.drain())));
    }

    private static Duration seconds(Map<String, String> environment, String name, Duration absent) {
        return Duration.ofSeconds(number(environment, name, 0, (int) absent.toSeconds()));
    }

    private static @Nullable Path folder(Map<String, String> environment, String name) {
        String value = text(environment, name);
        try {
            return value == null ? null : Path.of(value);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(name + " is '" + value + "'; it must be the path of a folder", e);
        }
    }

    private static @Nullable String text(Map<String, String> environment, String name) {
        String value = environment.get(name);
        return value == null || value.isBlank() ? null : value.strip();
    }

    private static String checkedName(String name) {
        if (!name.matches("[A-Za-z0-9._-]{1,253}")) {
            throw new IllegalArgumentException(
                    "CONCERTINA_POD is '" + name + "'; a name may have letters, digits, '.', '_' and '-' only");
        }
        return name;
    }

    private static InetSocketAddress hostAndPort(String text) {
        int colon = text.lastIndexOf(':');
        try {
            if (colon > 0) {
                return address(
                        text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)), "CONCERTINA_HTTP");
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new IllegalArgumentException(
                "CONCERTINA_HTTP is '" + text + "'; give it as host:port, 127.0.0.1:8080 for example");
    }

    private static InetSocketAddress address(String host, int port, String variable) {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException(variable + " names port " + port + "; ports go from 0 to 65535");
        }
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new IllegalArgumentException(variable + " names the host '" + host
                    + "', which cannot be found; give an address of this machine");
        }
        return address;
    }

    private static int number(Map<String, String> environment, String name, int least, int absent) {
        String value = text(environment, name);
        if (value == null) {
            return absent;
        }
        try {
            int number = Integer.parseInt(value);
            if (number >= least) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new IllegalArgumentException(
                name + " is '" + value + "'; it must be a whole number of at least " + least);
    }
}
