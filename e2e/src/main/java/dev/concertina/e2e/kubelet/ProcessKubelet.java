package dev.concertina.e2e.kubelet;

import dev.concertina.crds.Api;
import dev.concertina.e2e.process.ChildProcess;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Scheduler and kubelet of all simulated nodes. Every tick it lists the pods and moves each one step on, from what is, not from what
 * happened. A finalizer keeps a deleted pod's object until its process is over, as a real kubelet's grace period does.
 */
public final class ProcessKubelet implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ProcessKubelet.class.getName());
    static final String FINALIZER = "concertina.dev/process";
    private static final Duration TICK = Duration.ofMillis(150);

    private final KubernetesClient client;
    private final List<SimulatedNode> nodes;
    private final Map<String, Program> images;
    private final LoopbackAddresses addresses;
    private final Path runDir;
    private final InstantSource clock;
    private final Volumes volumes;
    private final ContainerEnvironment environment;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();
    /** By pod uid; guarded by {@code this}. */
    private final Map<String, PodRunner> runners = new HashMap<>();

    private final Map<String, PodStatus> reported = new HashMap<>();
    private final Thread loop;
    private volatile boolean closing;

    /** Creates the {@code Node} objects and starts. */
    public ProcessKubelet(
            KubernetesClient client,
            List<SimulatedNode> nodes,
            Map<String, Program> images,
            LoopbackAddresses addresses,
            Path runDir,
            InstantSource clock) {
        this.client = client;
        this.nodes = List.copyOf(nodes);
        this.images = Map.copyOf(images);
        this.addresses = addresses;
        this.runDir = runDir;
        this.clock = clock;
        this.volumes = new Volumes(client);
        this.environment = new ContainerEnvironment(client);
        nodes.forEach(node -> client.resource(object(node)).create());
        this.loop = Thread.ofPlatform().daemon().name("process-kubelet").start(this::run);
    }

    private static Node object(SimulatedNode node) {
        Quantity accelerators = new Quantity(Integer.toString(node.accelerators()));
        return new NodeBuilder()
                .withNewMetadata()
                .withName(node.name())
                .addToLabels("kubernetes.io/hostname", node.name())
                .endMetadata()
                .withNewStatus()
                .addToCapacity(Api.RESOURCE_ACCELERATOR, accelerators)
                .addToAllocatable(Api.RESOURCE_ACCELERATOR, accelerators)
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .withReason("KubeletReady")
                .endCondition()
                .addNewAddress("127.0.0.1", "InternalIP")
                .endStatus()
                .build();
    }

    private void run() {
        while (!closing) {
            try {
                tick();
                Thread.sleep(TICK);
            } catch (InterruptedException e) {
                return;
            } catch (KubernetesClientException e) {
                if (!closing) {
                    LOG.log(System.Logger.Level.WARNING, "tick failed reason={0}", e.getMessage());
                }
            }
        }
    }

    /** Names of nodes that kubectl cordoned. */
    private Set<String> cordoned() {
        return client.nodes().list().getItems().stream()
                .filter(node -> node.getSpec() != null
                        && Boolean.TRUE.equals(node.getSpec().getUnschedulable()))
                .map(node -> node.getMetadata().getName())
                .collect(Collectors.toSet());
    }

    private synchronized void tick() {
        if (closing) {
            return;
        }
        List<Pod> pods = client.pods().inAnyNamespace().list().getItems();
        Binder.bind(pods, nodes, cordoned()).forEach(this::bind);
        Set<String> seen = new HashSet<>();
        for (Pod pod : pods) {
            seen.add(pod.getMetadata().getUid());
            SimulatedNode node = node(pod.getSpec().getNodeName());
            if (node != null) {
                step(pod, node);
            } else if (pod.getMetadata().getDeletionTimestamp() != null) {
                removeFinalizer(pod);
            }
        }
        // an object that went without us: its process goes too
        runners.entrySet().removeIf(entry -> {
            boolean gone = !seen.contains(entry.getKey());
            if (gone) {
                reported.remove(entry.getKey());
                entry.getValue().processes().forEach(ChildProcess::kill);
            }
            return gone;
        });
    }

    private void bind(Pod pod, @Nullable String node) {
        if (node == null) {
            report(pod, PodStatuses.unschedulable(pod, clock.instant()));
            return;
        }
        edit(
                pod,
                fresh -> new PodBuilder(fresh)
                        .editSpec()
                        .withNodeName(node)
                        .endSpec()
                        .build());
    }

    private void step(Pod pod, SimulatedNode node) {
        String uid = pod.getMetadata().getUid();
        boolean leaving = pod.getMetadata().getDeletionTimestamp() != null;
        if (!leaving && !pod.getMetadata().getFinalizers().contains(FINALIZER)) {
            edit(
                    pod,
                    fresh -> new PodBuilder(fresh)
                            .editMetadata()
                            .addToFinalizers(FINALIZER)
                            .endMetadata()
                            .build());
        }
        PodRunner runner = runners.computeIfAbsent(
                uid,
                key -> new PodRunner(
                        (p, ip, dir) -> start(p, node, ip, dir),
                        http,
                        runDir.resolve("pods").resolve(uid),
                        addresses.next(node.index()),
                        clock.instant()));
        PodStatus status = runner.step(pod, clock.instant());
        if (leaving && runner.over()) {
            runners.remove(uid);
            reported.remove(uid);
            removeFinalizer(pod);
        } else {
            report(pod, status);
        }
    }

    private ChildProcess start(Pod pod, SimulatedNode node, String ip, Path podDir) throws IOException {
        Container container = pod.getSpec().getContainers().getFirst();
        String image = withoutTag(container.getImage());
        List<String> given = container.getArgs() == null ? List.of() : container.getArgs();
        // an image with several programs is told by its first argument which one to run
        Program several = given.isEmpty() ? null : images.get(image + " " + given.getFirst());
        Program program = several == null ? images.get(image) : several;
        if (program == null) {
            throw new IOException("image \"" + container.getImage() + "\" is none that this machine can run");
        }
        Mounts mounts = volumes.lay(pod, node, podDir);
        Map<String, String> env = environment.resolve(pod, container, ip, mounts);
        List<String> arguments = new ArrayList<>();
        for (String argument : several == null ? given : given.subList(1, given.size())) {
            arguments.add(mounts.rewrite(ContainerEnvironment.expand(argument, env)));
        }
        String name = pod.getMetadata().getName();
        Path log = runDir.resolve("logs").resolve(name + ".log");
        return ChildProcess.start(name, program.command(arguments), env, log);
    }

    static String withoutTag(String image) {
        int colon = image.lastIndexOf(':');
        return colon > image.lastIndexOf('/') ? image.substring(0, colon) : image;
    }

    private void report(Pod pod, PodStatus status) {
        String uid = pod.getMetadata().getUid();
        if (status.equals(reported.get(uid))) {
            return;
        }
        try {
            client.pods()
                    .inNamespace(pod.getMetadata().getNamespace())
                    .withName(pod.getMetadata().getName())
                    .editStatus(
                            fresh -> new PodBuilder(fresh).withStatus(status).build());
            reported.put(uid, status);
        } catch (KubernetesClientException e) {
            LOG.log(System.Logger.Level.DEBUG, "status not written pod={0} reason={1}", uid, e.getMessage());
        }
    }

    private void removeFinalizer(Pod pod) {
        edit(
                pod,
                fresh -> new PodBuilder(fresh)
                        .editMetadata()
                        .removeFromFinalizers(FINALIZER)
                        .endMetadata()
                        .build());
    }

    /** Changes the pod as it is now; a conflict or a pod that has gone is met again at the next tick. */
    private void edit(Pod pod, UnaryOperator<Pod> change) {
        try {
            client.pods()
                    .inNamespace(pod.getMetadata().getNamespace())
                    .withName(pod.getMetadata().getName())
                    .edit(change);
        } catch (KubernetesClientException e) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    "edit failed pod={0} reason={1}",
                    pod.getMetadata().getName(),
                    e.getMessage());
        }
    }

    private @Nullable SimulatedNode node(@Nullable String name) {
        return nodes.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** Ends every process: asks all at once, and kills those that are not over after {@code grace}. No pod starts again. */
    public void stop(Duration grace) {
        closing = true;
        loop.interrupt();
        List<ChildProcess> all;
        synchronized (this) {
            all = runners.values().stream()
                    .flatMap(runner -> runner.processes().stream())
                    .toList();
        }
        all.forEach(ChildProcess::terminate);
        Instant deadline = clock.instant().plus(grace);
        for (ChildProcess process : all) {
            Duration left = Duration.between(clock.instant(), deadline);
            if (!process.awaitEnd(left.isNegative() ? Duration.ZERO : left)) {
                process.kill();
            }
        }
        all.forEach(process -> process.awaitEnd(Duration.ofSeconds(5)));
    }

    @Override
    public void close() {
        stop(Duration.ofSeconds(3));
        http.shutdownNow();
    }
}
