package dev.concertina.e2e.cli;

import dev.concertina.crds.Api;
import dev.concertina.crds.ExpertPlacement;
import dev.concertina.e2e.inspect.MemoryCommand;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ./concertina inspect}: shows what custom resources and agents hold in a form for people, and changes nothing. */
@Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        description = "Looks into a running Concertina and changes nothing.",
        subcommands = MemoryCommand.class)
public final class InspectCommand implements Runnable {
    private static final int CANNOT = 2;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it calls
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** Who holds which expert. */
    @Command(
            name = "placement",
            mixinStandardHelpOptions = true,
            description = "An ExpertPlacement: ranks, layers, replicas, and with --layer who holds which expert there.")
    int placement(
            @Parameters(
                            arity = "0..1",
                            paramLabel = "NAME",
                            description = "Of an ExpertPlacement, or of a MoEDeployment for the one in use.")
                    @Nullable
                    String name,
            @Option(names = "--file", paramLabel = "FILE", description = "Read from a YAML file instead of a cluster.")
                    @Nullable
                    Path file,
            @Option(names = "--layer", paramLabel = "N", description = "Show this layer, rank by rank.") @Nullable
                    Integer layer,
            @Option(
                            names = {"-n", "--namespace"},
                            paramLabel = "NAMESPACE",
                            description = "Default: the kubeconfig's.")
                    @Nullable
                    String namespace,
            @Option(
                            names = "--kubeconfig",
                            paramLabel = "FILE",
                            description = "Default: the environment's KUBECONFIG, then ~/.kube/config.")
                    @Nullable
                    Path kubeconfig) {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try {
            ExpertPlacement object = file == null ? fromCluster(name, namespace, kubeconfig) : fromFile(file);
            PlacementText text = new PlacementText(object);
            (layer == null ? text.summary() : text.layer(layer)).forEach(out::println);
            out.flush();
            return 0;
        } catch (IOException | KubernetesClientException | IllegalArgumentException e) {
            err.println("inspect placement: " + e.getMessage());
            err.flush();
            return CANNOT;
        }
    }

    private static ExpertPlacement fromFile(Path file) throws IOException {
        ExpertPlacement object = Serialization.unmarshal(Files.readString(file), ExpertPlacement.class);
        if (object == null || object.getSpec() == null || object.getSpec().table() == null) {
            throw new IllegalArgumentException(
                    file + " holds no ExpertPlacement; give one as kubectl get -o yaml prints it");
        }
        return object;
    }

    private static ExpertPlacement fromCluster(
            @Nullable String name, @Nullable String namespace, @Nullable Path kubeconfig) throws IOException {
        if (name == null) {
            throw new IllegalArgumentException("name an ExpertPlacement or a MoEDeployment, or give --file");
        }
        Config config =
                kubeconfig == null ? Config.autoConfigure(null) : Config.fromKubeconfig(Files.readString(kubeconfig));
        try (KubernetesClient client =
                new KubernetesClientBuilder().withConfig(config).build()) {
            String where = namespace != null
                    ? namespace
                    : Optional.ofNullable(client.getNamespace()).orElse("default");
            ExpertPlacement exact = client.resources(ExpertPlacement.class)
                    .inNamespace(where)
                    .withName(name)
                    .get();
            if (exact != null) {
                return exact;
            }
            List<ExpertPlacement> all = client.resources(ExpertPlacement.class)
                    .inNamespace(where)
                    .withLabel(Api.LABEL_DEPLOYMENT, name)
                    .list()
                    .getItems();
            return all.stream()
                    .filter(placement -> placement.getStatus() != null
                            && placement.getStatus().appliedEpoch() != null)
                    .max(Comparator.comparingLong(
                            placement -> placement.getSpec().epoch()))
                    .orElseThrow(() -> new IllegalArgumentException("there is no ExpertPlacement " + where + "/" + name
                            + ", and no placement of a MoEDeployment of that name is in use"));
        }
    }
}
