package dev.concertina.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.gateway.routing.Outcome;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class KeyedAnswersTest {
    private final AtomicLong now = new AtomicLong();
    private final KeyedAnswers answers = new KeyedAnswers(1_000, now::get);

    private Answer running(String key) {
        Answer answer = new Answer("id", "print", 0, unread -> answers.unread(key), ended -> answers.ended(key, ended));
        answers.put(key, answer);
        return answer;
    }

    private Answer complete(String key, int tokens) {
        Answer answer = running(key);
        for (int i = 0; i < tokens; i++) {
            answer.log().append(i);
        }
        answer.log().end(new Outcome.Completed("length"));
        return answer;
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
        answers.tick();
    }

    @Test
    void keepsWhatIsCompleteForMinutes() {
        Answer answer = complete("a", 3);
        pass(KeyedAnswers.KEPT);
        assertThat(answers.find("a")).isSameAs(answer);
        pass(Duration.ofSeconds(1));
        assertThat(answers.find("a")).isNull();
        assertThat(answers.size()).isZero();
    }

    @Test
    void theEldestMakeRoom() {
        complete("a", 300);
        Answer running = running("r");
        complete("b", 300);
        assertThat(answers.find("a")).isNotNull();
        complete("c", 200);
        assertThat(answers.find("a")).isNull();
        assertThat(answers.find("b")).isNotNull();
        assertThat(answers.find("c")).isNotNull();
        complete("d", 5_000);
        assertThat(answers.size())
                .as("what is larger than all is not kept; what runs is")
                .isEqualTo(1);
        assertThat(answers.find("r")).isSameAs(running);
        for (int i = 0; i < 10_000; i++) {
            complete("many " + i, 0);
        }
        assertThat(answers.size()).isLessThan(20);
    }

    @Test
    void forgetsWhatFailedOrWasCancelled() {
        running("f").log().end(new Outcome.Failed(503, "no"));
        running("c").log().end(new Outcome.Cancelled());
        assertThat(answers.size()).isZero();
    }
}
