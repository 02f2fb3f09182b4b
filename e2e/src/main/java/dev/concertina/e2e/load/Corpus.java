package dev.concertina.e2e.load;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Text that prompts are cut from, as token ids: the sample model's ids are bytes. */
public final class Corpus {
    private static final String RESOURCE = "/shakespeare.txt";
    private static final int LEDGER_LINES = 2_000;
    private static final long LEDGER_SEED = 1;

    private final byte[] text;

    private Corpus(byte[] text) {
        this.text = text;
    }

    /** The sample model's own domain: excerpts of Shakespeare, in the public domain, that come with the launcher. */
    public static Corpus shakespeare() {
        try (InputStream in = Corpus.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + RESOURCE + " is missing; build again");
            }
            return new Corpus(in.readAllBytes());
        } catch (IOException e) {
            throw new IllegalStateException("the resource " + RESOURCE + " cannot be read", e);
        }
    }

    /** Another domain, which the model sends to other experts: the columns of an account book, generated. */
    public static Corpus ledger() {
        RandomGenerator random = new SplittableRandom(LEDGER_SEED);
        StringBuilder text = new StringBuilder();
        for (int line = 0; line < LEDGER_LINES; line++) {
            text.append(String.format(
                    Locale.ROOT,
                    "%05d;%02d-%02d-%04d;%d.%02d;%d\n",
                    line,
                    1 + random.nextInt(28),
                    1 + random.nextInt(12),
                    1590 + random.nextInt(30),
                    random.nextInt(10_000),
                    random.nextInt(100),
                    random.nextInt(1_000_000)));
        }
        return new Corpus(text.toString().getBytes(StandardCharsets.US_ASCII));
    }

    /** A piece of that length from a random place; past the end it goes on at the start. */
    public int[] cut(int length, RandomGenerator random) {
        int from = random.nextInt(text.length);
        int[] ids = new int[length];
        for (int i = 0; i < length; i++) {
            ids[i] = text[(from + i) % text.length] & 0xff;
        }
        return ids;
    }
}
