package dev.concertina.e2e.cluster;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where kubectl finds its configuration. */
public final class Kubeconfig {
    private Kubeconfig() {}

    /** The file given, else that of the environment's {@code KUBECONFIG}, else {@code ~/.kube/config}; it may not be there. */
    public static Path orDefault(@Nullable Path given) {
        if (given != null) {
            return given;
        }
        String named = System.getenv("KUBECONFIG");
        return named == null || named.isBlank()
                ? Path.of(System.getProperty("user.home"), ".kube", "config")
                : Path.of(named);
    }
}
