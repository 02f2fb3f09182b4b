package dev.concertina.operator.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.scheduler.load.RequestOutcome;
import dev.concertina.scheduler.load.TrafficEvent;
import dev.concertina.wire.Events;
import dev.concertina.wire.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventDecoderTest {
    private static final String TIME = "2026-01-01T00:00:00.123Z";

    @Test
    void eventsBecomeFacts() {
        TrafficEvent finished = new EventDecoder()
                .decode(
                        Events.FINISHED,
                        TIME,
                        Json.write(new Events.Finished("r", "d/x", "completed", 5, 7, 10.0, 2.0, 25)));
        assertThat(finished)
                .isEqualTo(new TrafficEvent.Finished(
                        "r", "d/x", Instant.parse(TIME), RequestOutcome.COMPLETED, 5, 7, 10.0, 2.0, 25));
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
}
