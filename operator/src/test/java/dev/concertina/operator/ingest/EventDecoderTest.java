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
