package dev.concertina.operator.deployment;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.operator.fleet.Fleet;
import dev.concertina.operator.pods.PodName;
import dev.concertina.operator.pods.WorkerPods;
import dev.concertina.operator.routes.Serving.Health;
import dev.concertina.operator.routes.Serving.RankHealth;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Sees to it that a rank which should serve and whose process is gone has a pod that starts. A repair does that too, but only once the operation
 * under way has ended, and that operation may wait for this very rank. Stateless, and each step can be done again.
 */
final class LostRanks {
    private static final Duration FRESH = Duration.ofSeconds(2);

    private final WorkerPods pods;
    private final Fleet fleet;

    LostRanks(WorkerPods pods, Fleet fleet) {
        this.pods = pods;
        this.fleet = fleet;
    }

    void look(MoEDeployment deployment, Observation seen) {
        List<Integer> lost = seen.ranks().stream()
                .filter(rank -> rank.health() == Health.LOST)
                .map(RankHealth::rank)
                .toList();
        if (lost.isEmpty()) {
            return;
        }
        String namespace = deployment.getMetadata().getNamespace();
        String name = deployment.getMetadata().getName();
        Map<Integer, Pod> all = WorkerPods.byRank(pods.list(namespace, name));
        for (int rank : lost) {
            Pod pod = all.get(rank);
            if (pod == null && seen.active().isEmpty()) {
                continue; // for the repair that follows, which knows whether there is an accelerator
            }
            pods.ensure(
                    deployment,
                    rank,
                    pod,
                    PodName.of(name, rank),
                    Set.of(),
                    fleet.recent(FRESH).nodesOf(namespace + "/" + name, rank));
        }
    }
}
