package dev.concertina.operator.pods;

import dev.concertina.crds.Api;
import dev.concertina.crds.MoEDeployment;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Creates, finds and deletes worker pods. Stateless. */
public final class WorkerPods {
    private static final System.Logger LOG = System.getLogger(WorkerPods.class.getName());

    /** A container that ran this long had started: a worker that cannot is gone within a few seconds. */
    private static final Duration RAN_WELL = Duration.ofSeconds(10);

    private final KubernetesClient client;
    private final WorkerPodTemplate template;

    public WorkerPods(KubernetesClient client, WorkerPodTemplate template) {
        this.client = client;
        this.template = template;
    }

    /** Pods of a deployment, those on their way out included. */
    public List<Pod> list(String namespace, String deployment) {
        return client
                .pods()
                .inNamespace(namespace)
                .withLabel(Api.LABEL_DEPLOYMENT, deployment)
                .list()
                .getItems()
                .stream()
                .filter(pod -> rank(pod) >= 0)
                .toList();
    }

    /** The rank of a worker pod; -1 for any other. */
    public static int rank(Pod pod) {
        String rank = pod.getMetadata().getLabels().get(Api.LABEL_RANK);
        return rank != null && rank.matches("[0-9]{1,6}") ? Integer.parseInt(rank) : -1;
    }

    /** By rank, the pod that serves it or will: the newest that is not on its way out, as far as there is one. */
    public static Map<Integer, Pod> byRank(List<Pod> pods) {
        Map<Integer, Pod> newest = new TreeMap<>();
        pods.stream()
                .sorted(Comparator.comparing(WorkerPods::leaving)
                        .reversed()
                        .thenComparing(pod -> PodName.epoch(pod.getMetadata().getName())))
                .forEach(pod -> newest.put(rank(pod), pod));
        return newest;
    }

    private static boolean leaving(Pod pod) {
        return pod.getMetadata().getDeletionTimestamp() != null;
    }

    /**
     * Creates the pod of a rank unless there is one; a pod that has ended for good, or is {@link #heldBack}, makes room first. True when there is
     * a usable one.
     *
     * @param existing the rank's pod, null for none
     * @param name of the pod to create
     * @param notOn nodes that a new pod must not go to
     * @param near nodes that a new pod should go to
     */
    public boolean ensure(
            MoEDeployment owner, int rank, @Nullable Pod existing, String name, Set<String> notOn, Set<String> near) {
        if (existing != null) {
            if (leaving(existing)) {
                return false;
            }
            if (!ended(existing) && !heldBack(existing)) {
                return true;
            }
            LOG.log(
                    System.Logger.Level.INFO,
                    "replacing pod name={0} reason={1}",
                    existing.getMetadata().getName(),
                    trouble(existing).orElse("it has ended"));
            client.resource(existing).delete();
            return false;
        }
        try {
            client.resource(template.pod(owner, rank, name, notOn, near)).create();
            LOG.log(System.Logger.Level.INFO, "created pod name={0}", name);
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw e;
            }
        }
        return true;
    }

    /** Deletes a pod; one that is gone is fine. */
    public void delete(String namespace, String pod) {
        client.pods().inNamespace(namespace).withName(pod).delete();
    }

    /** True for a pod whose containers will not run again. */
    public static boolean ended(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return "Failed".equals(phase) || "Succeeded".equals(phase);
    }

    /**
     * True for a pod that the kubelet keeps waiting before it starts the container again, though that had run for a while. The kubelet's pause
     * doubles from 10 s to 5 min with every death and is forgotten only after ten minutes without one; it is meant for containers that cannot
     * start, and those are left to it. A new pod starts without a pause.
     */
    public static boolean heldBack(Pod pod) {
        List<ContainerStatus> containers =
                pod.getStatus() == null ? null : pod.getStatus().getContainerStatuses();
        return containers != null && containers.stream().anyMatch(WorkerPods::heldBack);
    }

    private static boolean heldBack(ContainerStatus container) {
        if (container.getState() == null
                || container.getState().getWaiting() == null
                || !"CrashLoopBackOff".equals(container.getState().getWaiting().getReason())
                || container.getLastState() == null
                || container.getLastState().getTerminated() == null) {
            return false;
        }
        var last = container.getLastState().getTerminated();
        return last.getStartedAt() != null
                && last.getFinishedAt() != null
                && Duration.between(Instant.parse(last.getStartedAt()), Instant.parse(last.getFinishedAt()))
                                .compareTo(RAN_WELL)
                        >= 0;
    }

    /** Why a pod does not run, as far as its status says. */
    public static Optional<String> trouble(Pod pod) {
        if (pod.getStatus() == null) {
            return Optional.empty();
        }
        if (pod.getStatus().getContainerStatuses() != null) {
            for (var container : pod.getStatus().getContainerStatuses()) {
                if (container.getState() != null && container.getState().getWaiting() != null) {
                    var waiting = container.getState().getWaiting();
                    return Optional.of(pod.getMetadata().getName() + " " + waiting.getReason()
                            + (waiting.getMessage() == null ? "" : ": " + waiting.getMessage()));
                }
                if (container.getState() != null && container.getState().getTerminated() != null) {
                    var terminated = container.getState().getTerminated();
                    return Optional.of(pod.getMetadata().getName() + " ended with exit code "
                            + terminated.getExitCode()
                            + (terminated.getMessage() == null ? "" : ": " + terminated.getMessage()));
                }
            }
        }
        if (pod.getStatus().getConditions() != null) {
            for (PodCondition condition : pod.getStatus().getConditions()) {
                if ("PodScheduled".equals(condition.getType()) && "False".equals(condition.getStatus())) {
                    return Optional.of(pod.getMetadata().getName() + " is not scheduled: " + condition.getMessage());
                }
            }
        }
        return Optional.empty();
    }
}
