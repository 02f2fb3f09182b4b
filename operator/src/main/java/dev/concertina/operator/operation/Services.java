package dev.concertina.operator.operation;

import dev.concertina.operator.fleet.Fleet;
import dev.concertina.operator.fleet.Peers;
import dev.concertina.operator.ingest.Loads;
import dev.concertina.operator.ingest.TrafficTopics;
import dev.concertina.operator.placement.Placements;
import dev.concertina.operator.pods.Budgets;
import dev.concertina.operator.pods.WorkerPods;
import dev.concertina.operator.routes.Routes;
import dev.concertina.operator.settings.Settings;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;

/** What phases work with. */
public record Services(
        KubernetesClient client,
        Settings settings,
        Peers peers,
        Fleet fleet,
        WorkerPods pods,
        Budgets budgets,
        Placements placements,
        Loads loads,
        TrafficTopics topics,
        Routes routes,
        Clock clock) {}
