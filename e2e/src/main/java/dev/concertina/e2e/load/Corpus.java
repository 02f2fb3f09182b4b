package dev.concertina.e2e.load;

import java.io.IOException;
import java.io.InputStream;
import java.util.random.RandomGenerator;

/** Text of the sample model's domain (public-domain Shakespeare), as token ids: the model's ids are bytes. */
public final class Corpus {
    private static final String RESOURCE = "/shakespeare.txt";
    private final byte[] text;

    private Corpus(byte[] text) {
        this.text = text;
    }

    /** The excerpts that come with the launcher. */
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
