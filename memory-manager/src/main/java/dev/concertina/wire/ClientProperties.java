package dev.concertina.wire;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Settings of Kafka clients that the user gives in a file, in the words of Kafka's own clients ({@code security.protocol}, {@code ssl.*},
 * {@code sasl.*}): usually a key of a Secret that is mounted. Values are secrets: no message and no log holds any of them.
 */
public final class ClientProperties {
    private ClientProperties() {}

    /**
     * Reads the file.
     *
     * @param file a Java properties file; null or blank: no settings
     * @throws IllegalArgumentException with one sentence when it cannot be read
     */
    public static Map<String, String> read(@Nullable String file) {
        if (file == null || file.isBlank()) {
            return Map.of();
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(file), StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "cannot read the Kafka settings in " + file + " ("
                            + e.getClass().getSimpleName()
                            + "); CONCERTINA_KAFKA_CONFIG must name a Java properties file",
                    e);
        } catch (IllegalArgumentException e) {
            // its message may quote the line
            throw new IllegalArgumentException("the Kafka settings in " + file
                    + " are no Java properties file: a \\u is not followed by four hexadecimal digits");
        }
        Map<String, String> settings = new TreeMap<>();
        properties.stringPropertyNames().forEach(name -> settings.put(name, properties.getProperty(name)));
        return settings;
    }
}
