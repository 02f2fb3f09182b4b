package dev.concertina.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerTextTest {

    @Test
    void holdsBackWhatMayBecomeAStop() {
        AnswerText text = new AnswerText(List.of("aab"));
        assertThat(feed(text, "xa")).isEqualTo("x");
        assertThat(feed(text, "a")).isEmpty();
        assertThat(feed(text, "a")).isEqualTo("a");
        assertThat(feed(text, "b")).isEmpty();
        assertThat(text.stopped()).isTrue();
        assertThat(text.takeRest()).isEmpty();
    }

    @Test
    void givesBackWhatDidNotBecomeAStop() {
        AnswerText text = new AnswerText(List.of("end"));
        assertThat(feed(text, "the en")).isEqualTo("the ");
        assertThat(text.takeRest()).isEqualTo("en");
    }

    @Test
    void showsBytesThatAreNoCharacterAsLatin1() {
        AnswerText text = new AnswerText(List.of());
        for (int id : new int[] {'a', 0xFF, 0xC3, 'b', 0xE2, 0x82, 300, 0xC3}) {
            text.append(id);
        }
        assertThat(text.take() + text.takeRest()).isEqualTo("aÿÃbâ\u0082\uFFFDÃ");
    }

    /** Whatever the pieces, the text is that of the whole, cut before the first stop. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void agreesWithTheWhole(long seed) {
        Random random = new Random(seed);
        String alphabet = "abé音🎵";
        int[] points = alphabet.codePoints().toArray();
        for (int round = 0; round < 200; round++) {
            String whole = random(random, points, 30);
            List<String> stops = List.of(random(random, points, 3), random(random, points, 2));
            AnswerText text = new AnswerText(stops);
            StringBuilder shown = new StringBuilder();
            for (byte b : whole.getBytes(StandardCharsets.UTF_8)) {
                if (!text.stopped()) {
                    text.append(b & 0xFF);
                    shown.append(text.take());
                }
            }
            shown.append(text.takeRest());
            int cut = stops.stream()
                    .mapToInt(whole::indexOf)
                    .filter(at -> at >= 0)
                    .min()
                    .orElse(whole.length());
            assertThat(text.stopped()).isEqualTo(stops.stream().anyMatch(whole::contains));
            // the stop that is complete first wins; another may begin earlier
            assertThat(whole).startsWith(shown.toString());
            assertThat(shown.length()).isGreaterThanOrEqualTo(cut);
            assertThat(stops).noneMatch(shown.toString()::contains);
        }
    }

    private static String random(Random random, int[] points, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(points[random.nextInt(points.length)]);
        }
        return text.toString();
    }

    private static String feed(AnswerText text, String more) {
        for (byte b : more.getBytes(StandardCharsets.UTF_8)) {
            text.append(b & 0xFF);
        }
        return text.take();
    }
}
