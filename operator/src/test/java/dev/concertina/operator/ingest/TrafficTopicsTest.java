package dev.concertina.operator.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TrafficTopicsTest {
    private final List<String> log = new ArrayList<>();

    private final TrafficTopics topics = new TrafficTopics("own", true, topic -> new TrafficTopics.Reading() {
        @Override
        public void start() {
            log.add("start " + topic);
        }

        @Override
        public String problem() {
            return topic.equals("broken") ? "not connected yet" : null;
        }

        @Override
        public TrafficTopics.Progress progress() {
            return new TrafficTopics.Progress(!topic.equals("broken"), 7, 2, 1);
        }

        @Override
        public void close() {
            log.add("close " + topic);
        }
    });

    @Test
    void aTopicIsReadForAsLongAsADeploymentNamesIt() {
        topics.start();
        topics.use("a/x", null);
        topics.use("a/x", "own");
        topics.use("a/x", "team-a");
        topics.use("a/x", "team-a");
        topics.use("b/y", "team-a");
        topics.use("a/x", null);
        assertThat(log).containsExactly("start own", "start team-a");
        assertThat(topics.reachable()).isTrue();
        topics.use("b/y", "broken");
        assertThat(log).containsExactly("start own", "start team-a", "close team-a", "start broken");
        assertThat(topics.problem()).contains("topic broken: not connected yet");
        assertThat(topics.reachable()).isFalse();
        assertThat(topics.progress())
                .containsOnlyKeys("own", "broken")
                .containsEntry("broken", new TrafficTopics.Progress(false, 7, 2, 1));
        topics.close();
        assertThat(log).endsWith("close broken", "close own").hasSize(6);
    }

    @Test
    void withoutKafkaNothingIsReadAndItIsSaid() {
        TrafficTopics none = TrafficTopics.merged(Optional.empty(), "own", new Loads(), Clock.systemUTC());
        none.start();
        none.use("a/x", "team-a");
        assertThat(none.problem()).contains("CONCERTINA_KAFKA is not set");
        assertThat(none.reachable()).isTrue();
        assertThat(none.progress()).isEmpty();
        none.close();
    }
}
