package dev.concertina.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** All pages of a folder, checked. Used by one thread. */
final class Site {
    private static final String INDEX = "index";

    private final Path folder;
    private final Map<String, Page> pages;
    private final Navigation navigation;
    /** Pictures and other files that pages link to, relative to the folder. */
    private final Set<String> files = new TreeSet<>();

    private Site(Path folder, Map<String, Page> pages) {
        this.folder = folder;
        this.pages = pages;
        Page index = pages.get(INDEX);
        if (index == null) {
            throw new IllegalStateException(folder + " has no index.md");
        }
        this.navigation = Navigation.of(index, pages.values());
    }

    /**
     * Reads and checks.
     *
     * @throws IllegalStateException with one line for each link, anchor or picture that is not there
     */
    static Site read(Path folder) throws IOException {
        Map<String, Page> pages = new TreeMap<>();
        try (Stream<Path> all = Files.list(folder)) {
            for (Path file :
                    all.filter(path -> path.toString().endsWith(".md")).sorted().toList()) {
                Page page = Page.read(file);
                pages.put(page.name(), page);
            }
        }
        Site site = new Site(folder, pages);
        List<String> problems = site.problems();
        if (!problems.isEmpty()) {
            throw new IllegalStateException("the documentation is not whole:\n" + String.join("\n", problems));
        }
        return site;
    }

    private List<String> problems() {
        List<String> problems = new ArrayList<>();
        for (Page page : pages.values()) {
            page.targets().stream()
                    .filter(target -> !leadsThere(page, target))
                    .forEach(target -> problems.add(page.name() + ".md: " + target + " leads nowhere"));
        }
        return problems;
    }

    /** Addresses of others are not looked at. */
    private boolean leadsThere(Page from, String target) {
        if (target.matches("https?://.*")) {
            return true;
        }
        int hash = target.indexOf('#');
        String file = hash < 0 ? target : target.substring(0, hash);
        String anchor = hash < 0 ? "" : target.substring(hash + 1);
        if (file.isEmpty() || file.endsWith(".md")) {
            Page to = file.isEmpty() ? from : pages.get(file.replaceFirst("\\.md$", ""));
            return to != null && (anchor.isEmpty() || to.anchors().contains(anchor));
        }
        Path path = folder.resolve(file).normalize();
        files.add(file);
        return anchor.isEmpty() && path.startsWith(folder) && Files.isRegularFile(path);
    }

    /** Writes the site anew. */
    void write(Path out) throws IOException {
        Files.createDirectories(out);
        Frame frame = new Frame(navigation);
        for (Page page : pages.values()) {
            Files.writeString(out.resolve(page.name() + ".html"), frame.html(page));
        }
        Files.writeString(out.resolve("site.css"), Frame.css());
        for (String file : files) {
            Path to = out.resolve(file);
            Files.createDirectories(to.getParent());
            Files.write(to, Files.readAllBytes(folder.resolve(file)));
        }
    }
}
