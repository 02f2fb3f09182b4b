package dev.concertina.e2e.cluster;

import dev.concertina.crds.Api;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Puts faults into a cluster whose machine is at hand, with a command that knows these words: {@code kill apiserver}, {@code start apiserver},
 * {@code partition N}, {@code heal N}, {@code shell N COMMAND}, {@code ctr N ARGUMENTS} (containerd's client on node N). Node N is named {@code nN}.
 */
final class FaultInjector {
    private static final Duration CALL = Duration.ofSeconds(60);
    private static final Duration DRAINED = Duration.ofMinutes(5);
    private static final String LOGS = "/var/log/pods";
    private static final Duration STANDS = Duration.ofMillis(1000);
    private static final Duration GOES = Duration.ofMillis(500);

    private final Tool command;
    private final Tool kubectl;
    private final Cluster cluster;
    private final Random random;

    FaultInjector(Tool command, Tool kubectl, Cluster cluster, long seed) {
        this.command = command;
        this.kubectl = kubectl;
        this.cluster = cluster;
        this.random = new Random(seed);
    }

    /** A fault under way. */
    interface Injected {
        /** What it struck. */
        String target();

        /** Waits until it is over and takes it away. */
        void end() throws ClusterException;
    }

    /** Begins a fault. The last node is the one that faults of nodes strike, so that the way in, through the first, stays. */
    Injected begin(Fault fault) throws ClusterException {
        return switch (fault) {
            case KILL_OPERATOR -> kill(fault, pod(Settings.NAMESPACE, "operator"));
            case KILL_AGENT -> kill(fault, pod(Settings.AGENT_NAMESPACE, Api.COMPONENT_AGENT));
            case KILL_KEEPER -> kill(fault, pod(Settings.AGENT_NAMESPACE, Api.COMPONENT_KEEPER));
            case KILL_WORKER -> kill(fault, worker());
            case KILL_GATEWAY -> kill(fault, pod(Settings.NAMESPACE, Api.COMPONENT_GATEWAY));
            case API_SERVER -> {
                command.must(CALL, "kill", "apiserver");
                yield lasting(fault, "apiserver", () -> command.must(CALL, "start", "apiserver"));
            }
            case KAFKA -> kafka(fault);
            case PARTITION -> {
                String node = lastNode();
                command.must(CALL, "partition", node);
                yield lasting(fault, "n" + node, () -> command.must(CALL, "heal", node));
            }
            case DISK_FULL -> fillDisk(fault);
            case SLOW_AGENT -> slowAgent(fault);
            case DRAIN -> drain(Fault.DRAIN);
        };
    }

    @FunctionalInterface
    private interface Step {
        void run() throws ClusterException;
    }

    private static Injected lasting(Fault fault, String target, Step end) {
        long over = System.nanoTime() + fault.lasts().toNanos();
        return new Injected() {
            @Override
            public String target() {
                return target;
            }

            @Override
            public void end() throws ClusterException {
                try {
                    Widths.pause(Duration.ofNanos(Math.max(0, over - System.nanoTime())));
                } finally {
                    end.run();
                }
            }
        };
    }

    private Injected kill(Fault fault, Pod pod) throws ClusterException {
        command.must(CALL, "ctr", node(pod), "task", "kill", "-s", "9", container(pod));
        return lasting(fault, pod.getMetadata().getName(), () -> {});
    }

    private Injected kafka(Fault fault) throws ClusterException {
        String set = "statefulset/" + Settings.RELEASE + "-kafka";
        kubectl.must(CALL, "scale", set, "-n", Settings.NAMESPACE, "--replicas=0");
        kubectl.must(
                CALL,
                "delete",
                "pod",
                "-n",
                Settings.NAMESPACE,
                "-l",
                Api.LABEL_COMPONENT + "=kafka",
                "--force",
                "--grace-period=0");
        return lasting(
                fault, "kafka", () -> kubectl.must(CALL, "scale", set, "-n", Settings.NAMESPACE, "--replicas=1"));
    }

    /** A small full file system over the folder in which a new container's logs begin: none can be started there. */
    private Injected fillDisk(Fault fault) throws ClusterException {
        String node = lastNode();
        command.must(CALL, "shell", node, "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", LOGS);
        command.call(CALL, "shell", node, "dd", "if=/dev/zero", "of=" + LOGS + "/full", "bs=4k");
        return lasting(fault, "n" + node, () -> command.must(CALL, "shell", node, "umount", "-l", LOGS));
    }

    private Injected slowAgent(Fault fault) throws ClusterException {
        Pod pod = pod(Settings.AGENT_NAMESPACE, Api.COMPONENT_AGENT);
        String node = node(pod);
        String container = container(pod);
        long over = System.nanoTime() + fault.lasts().toNanos();
        Thread slower = Thread.ofPlatform().daemon().name("slow-agent").start(() -> {
            try {
                while (System.nanoTime() < over) {
                    command.call(CALL, "ctr", node, "task", "pause", container);
                    Widths.pause(STANDS);
                    command.call(CALL, "ctr", node, "task", "resume", container);
                    Widths.pause(GOES);
                }
            } catch (ClusterException e) {
                // the run is over; what stands is resumed by end()
            }
        });
        return lasting(fault, pod.getMetadata().getName(), () -> {
            slower.interrupt();
            command.call(CALL, "ctr", node, "task", "resume", container);
        });
    }

    /** As an administrator does, for worker pods; it must end by itself, and then the node is given back. */
    private Injected drain(Fault fault) throws ClusterException {
        String node = "n" + lastNode();
        CompletableFuture<Tool.Outcome> drained = CompletableFuture.supplyAsync(() -> {
            try {
                return kubectl.call(
                        DRAINED,
                        "drain",
                        node,
                        "--ignore-daemonsets",
                        "--delete-emptydir-data",
                        "--pod-selector=" + Api.LABEL_COMPONENT + "=" + Api.COMPONENT_WORKER);
            } catch (ClusterException e) {
                throw new CompletionException(e);
            }
        });
        return lasting(fault, node, () -> {
            try {
                Tool.Outcome outcome = drained.join();
                if (!outcome.succeeded()) {
                    throw new ClusterException("kubectl drain " + node + " did not end: " + outcome.lastLine());
                }
            } finally {
                kubectl.must(CALL, "uncordon", node);
            }
        });
    }

    private Pod pod(String namespace, String component) throws ClusterException {
        List<Pod> pods = cluster.pods(namespace, Map.of(Api.LABEL_COMPONENT, component)).stream()
                .filter(pod -> component.equals("operator") ? cluster.leads(pod) : true)
                .toList();
        if (pods.isEmpty()) {
            throw new ClusterException("no " + component + " pod runs in " + namespace);
        }
        return pods.get(random.nextInt(pods.size()));
    }

    private Pod worker() throws ClusterException {
        List<Pod> serving = cluster.pods(Settings.NAMESPACE, Map.of(Api.LABEL_DEPLOYMENT, Settings.SAMPLE)).stream()
                .filter(pod -> pod.getMetadata().getLabels().containsKey(Api.LABEL_RANK))
                .toList();
        if (serving.isEmpty()) {
            throw new ClusterException("no worker pod runs");
        }
        // rank 0 has served the longest at any width
        return serving.stream()
                .filter(pod -> "0".equals(pod.getMetadata().getLabels().get(Api.LABEL_RANK)))
                .findFirst()
                .orElse(serving.getFirst());
    }

    private String lastNode() throws ClusterException {
        int last = cluster.nodeNames().stream()
                .mapToInt(FaultInjector::number)
                .max()
                .orElseThrow(() -> new ClusterException("the cluster has no node named nN"));
        if (last < 2) {
            throw new ClusterException("faults of a node need two nodes named n1, n2");
        }
        return String.valueOf(last);
    }

    private static int number(String node) {
        return node.matches("n\\d{1,3}") ? Integer.parseInt(node.substring(1)) : 0;
    }

    private static String node(Pod pod) {
        return String.valueOf(number(pod.getSpec().getNodeName()));
    }

    private static String container(Pod pod) throws ClusterException {
        String id = pod.getStatus().getContainerStatuses().stream()
                .map(status -> status.getContainerID())
                .filter(name -> name != null && name.startsWith("containerd://"))
                .findFirst()
                .orElseThrow(() -> new ClusterException(
                        "pod " + pod.getMetadata().getName() + " has no running container of containerd's"));
        return id.substring("containerd://".length());
    }
}
