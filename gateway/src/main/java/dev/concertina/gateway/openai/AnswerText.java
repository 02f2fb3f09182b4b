package dev.concertina.gateway.openai;

import java.util.List;

/**
 * The text of an answer as it grows. It ends before the first stop text; what may be the beginning of one is held back until it is known
 * not to be.
 */
final class AnswerText {
    private final List<String> stops;
    private final Bytes bytes = new Bytes();
    private final StringBuilder held = new StringBuilder();
    private boolean stopped;

    AnswerText(List<String> stops) {
        this.stops = stops;
    }

    /** Takes one token. Not to be called once stopped. */
    void append(int id) {
        bytes.append(id, held);
        cut();
    }

    /** Whether a stop text came. */
    boolean stopped() {
        return stopped;
    }

    /** Text that may be shown now and was not taken before. */
    String take() {
        int releasable = stopped ? held.length() : held.length() - possibleStopLength();
        String text = held.substring(0, releasable);
        held.delete(0, releasable);
        return text;
    }

    /** No more tokens come: the rest of the text. */
    String takeRest() {
        if (!stopped) {
            bytes.end(held);
            cut();
        }
        String text = held.toString();
        held.setLength(0);
        return text;
    }

    private void cut() {
        int first = -1;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            first = at >= 0 && (first < 0 || at < first) ? at : first;
        }
        if (first >= 0) {
            held.setLength(first);
            stopped = true;
        }
    }

    /** Longest end of the held text that a stop text begins with. */
    private int possibleStopLength() {
        int longest = 0;
        for (String stop : stops) {
            for (int length = Math.min(stop.length() - 1, held.length()); length > longest; length--) {
                if (stop.regionMatches(0, held.substring(held.length() - length), 0, length)) {
                    longest = length;
                }
            }
        }
        return longest;
    }
}
