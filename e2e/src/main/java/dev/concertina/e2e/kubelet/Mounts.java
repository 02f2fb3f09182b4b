package dev.concertina.e2e.kubelet;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a container's mount paths lie on this machine. Texts that name them (a path, a list of paths with {@code :} or {@code ,}, {@code
 * name=path}, a {@code file://} URI) are rewritten; everything else stays.
 */
record Mounts(List<Mount> mounts) {
    /** One mount. */
    record Mount(String path, Path real) {}

    Mounts {
        // the deepest mount wins, as in a mount table
        mounts = mounts.stream()
                .sorted(Comparator.comparing((Mount mount) -> mount.path().length())
                        .reversed())
                .toList();
    }

    String rewrite(String text) {
        String alternatives = mounts.stream()
                .map(mount -> Pattern.quote(mount.path()))
                .reduce((a, b) -> a + "|" + b)
                .orElse("");
        if (alternatives.isEmpty()) {
            return text;
        }
        Matcher matcher = Pattern.compile("(?<=^|[:=,]|://)(" + alternatives + ")(?=$|[/:,])")
                .matcher(text);
        return matcher.replaceAll(found -> Matcher.quoteReplacement(real(found.group(1))));
    }

    private String real(String path) {
        return mounts.stream()
                .filter(mount -> mount.path().equals(path))
                .map(mount -> mount.real().toString())
                .findFirst()
                .orElse(path);
    }
}
