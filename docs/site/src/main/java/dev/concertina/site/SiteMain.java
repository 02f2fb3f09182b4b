package dev.concertina.site;

import java.io.IOException;
import java.nio.file.Path;

/** Entry point of the build step: folder of the Markdown, folder of the site. */
public final class SiteMain {
    private SiteMain() {}

    /** @throws IllegalStateException with one line for each thing that is wrong; then nothing is written */
    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            throw new IllegalArgumentException("two folders are needed: the Markdown's and the site's");
        }
        Site.read(Path.of(args[0]).normalize()).write(Path.of(args[1]));
    }
}
