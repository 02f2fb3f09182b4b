package dev.concertina.operator.deployment;

import dev.concertina.crds.ExpertPlacement;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.operator.fleet.FleetView;
import dev.concertina.operator.fleet.Nodes;
import dev.concertina.operator.operation.Operations;
import dev.concertina.operator.operation.Services;
import dev.concertina.operator.placement.PlacementTable;
import dev.concertina.operator.placement.Placements.Published;
import dev.concertina.operator.routes.Serving;
import dev.concertina.operator.routes.Serving.RankHealth;
import dev.concertina.operator.spec.Wanted;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/** Looks at everything that belongs to a deployment, past caches that may lag behind. */
final class Observer {
    private static final Duration FRESH = Duration.ofMillis(700);

    private final Services services;
    private final Serving serving;
    private final Operations operations;

    Observer(Services services, Serving serving, Operations operations) {
        this.services = services;
        this.serving = serving;
        this.operations = operations;
    }

    Observation observe(MoEDeployment deployment, Wanted wanted) {
        String namespace = deployment.getMetadata().getNamespace();
        String name = deployment.getMetadata().getName();
        List<ScaleOperation> all = operations.list(namespace, name);
        List<ExpertPlacement> placements = services.placements().list(namespace, name);
        Optional<Published> applied = services.placements().applied(namespace, name);
        String key = namespace + "/" + name;
        List<RankHealth> ranks = applied.map(
                        published -> serving.observe(key, published.placement().ranks(), published.epoch(), FRESH))
                .orElse(List.of());
        FleetView view = services.fleet().recent(FRESH);
        Nodes nodes = services.fleet().nodes();
        List<Integer> draining = ranks.stream()
                .filter(rank -> nodes.cordoned(rank.node()))
                .map(RankHealth::rank)
                .toList();
        MoEDeploymentSpec.Accelerator accelerator = deployment.getSpec().accelerator();
        Map<String, String> selector = accelerator == null ? null : accelerator.nodeSelector();
        int free = view.freeDevices(node -> nodes.takes(node, selector)).size();
        long highest = LongStream.concat(
                        all.stream().mapToLong(Operations::epoch),
                        placements.stream()
                                .mapToLong(placement -> placement.getSpec().epoch()))
                .max()
                .orElse(0);
        return new Observation(
                wanted,
                all,
                applied,
                ranks,
                view.seats(key).keySet(),
                draining,
                free,
                pinnedElse(placements, wanted, applied),
                highest);
    }

    /** Compared as text: a pinned placement that is not well formed is the operation's to refuse. */
    private static boolean pinnedElse(List<ExpertPlacement> placements, Wanted wanted, Optional<Published> applied) {
        return applied.isPresent()
                && placements.stream()
                        .filter(placement -> placement.getMetadata().getName().equals(wanted.pinned()))
                        .map(ExpertPlacement::getSpec)
                        .anyMatch(spec ->
                                spec.ranks() == applied.get().placement().ranks()
                                        && !spec.table()
                                                .equals(PlacementTable.encode(
                                                        applied.get().placement())));
    }
}
