package dev.concertina.e2e.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;

/** A work tree of the run's own, pushed to the repository that Argo CD reads. Not safe for many threads. */
final class GitRepository implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Path folder;
    private final Tool git;

    private GitRepository(Path folder, Tool git) {
        this.folder = folder;
        this.git = git;
    }

    /** A new history that will take the place of what is on the branch main. */
    static GitRepository create(String push) throws ClusterException {
        try {
            Path folder = Files.createTempDirectory("concertina-git");
            Tool found = Tool.find(
                    "git",
                    null,
                    Map.of(
                            "GIT_AUTHOR_NAME", "e2e",
                            "GIT_AUTHOR_EMAIL", "e2e@localhost",
                            "GIT_COMMITTER_NAME", "e2e",
                            "GIT_COMMITTER_EMAIL", "e2e@localhost"));
            Tool git = new Tool(
                    "git",
                    Stream.concat(found.command().stream(), Stream.of("-C", folder.toString()))
                            .toList(),
                    found.env());
            git.must(LIMIT, "init", "-q", "-b", "main");
            git.must(LIMIT, "remote", "add", "origin", push);
            return new GitRepository(folder, git);
        } catch (IOException e) {
            throw new ClusterException("cannot make a work tree: " + e.getMessage(), e);
        }
    }

    /** Takes over a folder and what is below it. */
    void copy(Path from, String to) throws ClusterException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = folder.resolve(to).resolve(from.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        } catch (IOException e) {
            throw new ClusterException("cannot copy " + from + ": " + e.getMessage(), e);
        }
    }

    /** Writes a file and answers where it lies. */
    Path write(String file, String text) throws ClusterException {
        try {
            Path target = folder.resolve(file);
            Files.createDirectories(target.getParent());
            return Files.writeString(target, text);
        } catch (IOException e) {
            throw new ClusterException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /** Commits all, pushes, and answers the revision. */
    String commit(String message) throws ClusterException {
        git.must(LIMIT, "add", "-A");
        git.must(LIMIT, "commit", "-q", "-m", message);
        return push();
    }

    /** Reverts the last commit, pushes, and answers the revision. */
    String revert() throws ClusterException {
        git.must(LIMIT, "revert", "--no-edit", "HEAD");
        return push();
    }

    private String push() throws ClusterException {
        git.must(LIMIT, "push", "-q", "--force", "origin", "main");
        return git.must(LIMIT, "rev-parse", "HEAD").strip();
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            // a temporary folder: the machine clears it
        }
    }
}
