package dev.concertina.operator.observe;

/**
 * Something that a user should know, as a Kubernetes Event says it.
 *
 * @param warning whether somebody may have to act
 * @param reason one word in CamelCase; {@code docs/runbook.md} has a section for each condition's
 * @param note one sentence
 */
record Notice(boolean warning, String reason, String note) {
    private static final int MOST = 1024;

    Notice {
        note = note.length() > MOST ? note.substring(0, MOST) : note;
    }
}
