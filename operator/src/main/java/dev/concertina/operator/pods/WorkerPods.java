package dev.concertina.operator.pods;

import dev.concertina.crds.Api;
import dev.concertina.crds.MoEDeployment;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Creates, finds and deletes worker pods. Stateless. */
public final class WorkerPods {
    private static final System.Logger LOG = System.getLogger(WorkerPods.class.getName());

    private final KubernetesClient client;
    private final WorkerPodTemplate template;

    public WorkerPods(KubernetesClient client, WorkerPodTemplate template) {
        this.client = client;
        this.template = template;
    }

    /** Pods of a deployment by rank, those on their way out included. */
    public Map<Integer, Pod> list(String namespace, String deployment) {
        Map<Integer, Pod> pods = new TreeMap<>();
        for (Pod pod : client.pods()
                .inNamespace(namespace)
                .withLabel(Api.LABEL_DEPLOYMENT, deployment)
                .list()
                .getItems()) {
            String rank = pod.getMetadata().getLabels().get(Api.LABEL_RANK);
            if (rank != null && rank.matches("[0-9]{1,6}")) {
                pods.put(Integer.parseInt(rank), pod);
            }
        }
        return pods;
    }

    /** Creates the pod of a rank unless there is one; a pod that has ended for good makes room first. True when there is a usable one. */
    public boolean ensure(MoEDeployment owner, int rank, Map<Integer, Pod> existing) {
        Pod pod = existing.get(rank);
        if (pod != null) {
            if (pod.getMetadata().getDeletionTimestamp() != null) {
                return false;
            }
            if (!ended(pod)) {
                return true;
            }
            LOG.log(
                    System.Logger.Level.INFO,
                    "replacing ended pod name={0}",
                    pod.getMetadata().getName());
            client.resource(pod).delete();
            return false;
        }
        Pod wanted = template.pod(owner, rank);
        try {
            client.resource(wanted).create();
            LOG.log(
                    System.Logger.Level.INFO,
                    "created pod name={0}",
                    wanted.getMetadata().getName());
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw e;
            }
        }
        return true;
    }

    /** Deletes a rank's pod; one that is gone is fine. */
    public void delete(String namespace, String deployment, int rank) {
        client.pods()
                .inNamespace(namespace)
                .withName(WorkerPodTemplate.name(deployment, rank))
                .delete();
    }

    /** True for a pod whose containers will not run again. */
    public static boolean ended(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return "Failed".equals(phase) || "Succeeded".equals(phase);
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
