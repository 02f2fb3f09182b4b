package dev.concertina.operator.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.scheduler.load.RequestOutcome;
import dev.concertina.scheduler.load.TrafficEvent;
import dev.concertina.wire.Events;
import dev.concertina.wire.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventDecoderTest {
    private static final String INSTANT = "2026-01-01T00:00:00.123Z";
    private static final byte[] TIME = INSTANT.getBytes(StandardCharsets.UTF_8);

    @Test
    void eventsBecomeFacts() {
        TrafficEvent finished = new EventDecoder()
                .decode(
                        Events.FINISHED,
                        TIME,
                        Json.write(new Events.Finished("r", "d/x", "completed", 5, 7, 10.0, 2.0, 25)));
        assertThat(finished)
                .isEqualTo(new TrafficEvent.Finished(
                        "r", "d/x", Instant.parse(INSTANT), RequestOutcome.COMPLETED, 5, 7, 10.0, 2.0, 25));
        assertThat(new EventDecoder().decode("someone.else", TIME, new byte[0])).isNull();
    }

    @Test
    void expertsComeWithTheirPairsOrWithout() {
        long[][] tokens = {{8, 0, 1}, {4, 4, 1}, {0, 9, 0}};
        long[][][] pairs = {{{3, 5, 0}, {0, 0, 0}, {1, 0, 0}}, {{0, 4, 0}, {0, 4, 0}, {0, 1, 0}}};
        TrafficEvent.Experts with = experts(Json.write(new Events.Experts("d/x", 2, 1.5, tokens, pairs)));
        assertThat(with.rank()).isEqualTo(2);
        assertThat(with.seconds()).isEqualTo(1.5);
        assertThat(with.tokens()).isDeepEqualTo(tokens);
        assertThat(with.pairs()).isDeepEqualTo(pairs);
        TrafficEvent.Experts without = experts(Json.write(new Events.Experts("d/x", 2, 1.5, tokens)));
        assertThat(without.tokens()).isDeepEqualTo(tokens);
        assertThat(without.pairs()).isNull();
        for (String bad : new String[] {"7", "[7]", "[[7]]", "[[[\"a\"]]]", "[[[1]", "[[[1.5]]]", "[null]", "{}"}) {
            byte[] data = ("{\"deployment\":\"d/x\",\"rank\":0,\"seconds\":1,\"tokens\":[[1]],\"pairs\":" + bad + "}")
                    .getBytes(StandardCharsets.UTF_8);
            assertThatThrownBy(() -> experts(data)).as(bad).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static TrafficEvent.Experts experts(byte[] data) {
        return (TrafficEvent.Experts) new EventDecoder().decode(Events.EXPERTS, TIME, data);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "{}",
                "[]",
                "{\"request\":1}",
                "\u0000\u0001",
                "{\"outcome\":\"lost\",\"request\":\"r\"}"
            })
    void whatIsNoEventIsRefused(String data) {
        byte[] bytes = data.getBytes(StandardCharsets.UTF_8);
        for (String type :
                new String[] {Events.RECEIVED, Events.FIRST_TOKEN, Events.FINISHED, Events.WINDOW, Events.EXPERTS}) {
            assertThatThrownBy(() -> new EventDecoder().decode(type, TIME, bytes))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-01-01T00:00:00Z",
                "2026-02-28T23:59:59.9Z",
                "2026-02-28T23:59:59.123456789Z",
                "2026-02-28T23:59:59.123456788Z",
                "2026-02-28T23:59:58.000000001Z",
                "2026-01-01T01:00:00+01:00",
                "2026-01-01T01:00:00.25-02:30"
            })
    void timesAreReadAsTheyAreWritten(String text) {
        EventTime times = new EventTime();
        times.read("2026-02-28T23:59:59Z".getBytes(StandardCharsets.UTF_8));
        Instant expected = OffsetDateTime.parse(text).toInstant();
        assertThat(times.read(text.getBytes(StandardCharsets.UTF_8))).isEqualTo(expected);
        assertThat(times.read(text.getBytes(StandardCharsets.UTF_8))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Z",
                "2026-13-01T00:00:00Z",
                "2026-02-30T00:00:00Z",
                "2026-01-01 00:00:00Z",
                "2026-01-01T24:00:01Z",
                "2026-01-01T00:61:00Z",
                "2026-01-01T00:00:00.1x3Z",
                "2026-01-01T00:00:00.1234567890Z",
                "yesterday"
            })
    void textsThatAreNoTimesAreRefused(String text) {
        assertThatThrownBy(() -> new EventTime().read(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ce_time");
    }
}
