package dev.concertina.e2e.cluster;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code e2e} that have to do with Git and Argo CD. */
final class GitOpsOptions {
    @Option(
            names = "--argocd",
            description =
                    "Instead of helm and the walk through the widths: the cluster's Argo CD installs what is in a Git repository, and commits, reverts and changes by hand follow under the load; writes gitops.json into the report.")
    private boolean argoCd;

    @Option(
            names = "--git",
            paramLabel = "REPOSITORY",
            description =
                    "For --argocd: an empty repository of the run's own to push to; its branch main is overwritten.")
    private @Nullable String push;

    @Option(
            names = "--git-url",
            paramLabel = "URL",
            description = "For --argocd: where Argo CD reads that repository. Default: the same.")
    private @Nullable String read;

    @Option(
            names = "--destination",
            paramLabel = "NAME",
            defaultValue = "in-cluster",
            description = "For --argocd: what Argo CD calls the cluster. Default: ${DEFAULT-VALUE}.")
    private String destination = "in-cluster";

    /** What was chosen; null when there is to be no Git. */
    @Nullable
    GitOpsSettings settings() throws ClusterException {
        if (!argoCd) {
            return null;
        }
        if (push == null) {
            throw new ClusterException(
                    "--argocd needs --git REPOSITORY, an empty one that Argo CD can read and this run may overwrite; see --help");
        }
        return new GitOpsSettings(push, read == null ? push : read, destination);
    }
}
