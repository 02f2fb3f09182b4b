package dev.concertina.operator.app;

import dev.concertina.observe.Metric;
import dev.concertina.observe.Metrics;
import dev.concertina.observe.Tracing;
import dev.concertina.operator.decision.DecisionLoop;
import dev.concertina.operator.decision.Decisions;
import dev.concertina.operator.deployment.MoEDeploymentReconciler;
import dev.concertina.operator.events.EventsToKafka;
import dev.concertina.operator.fleet.Fleet;
import dev.concertina.operator.fleet.Peers;
import dev.concertina.operator.ingest.KafkaAccess;
import dev.concertina.operator.ingest.Loads;
import dev.concertina.operator.ingest.PartitionMark;
import dev.concertina.operator.ingest.SharedIngest;
import dev.concertina.operator.ingest.TrafficTopics;
import dev.concertina.operator.lease.LeaseTerm;
import dev.concertina.operator.observe.Observatory;
import dev.concertina.operator.observe.Sources;
import dev.concertina.operator.operation.OperationRunner;
import dev.concertina.operator.operation.Preview;
import dev.concertina.operator.operation.ScaleOperationReconciler;
import dev.concertina.operator.operation.Services;
import dev.concertina.operator.placement.Placements;
import dev.concertina.operator.pods.Budgets;
import dev.concertina.operator.pods.WorkerPodTemplate;
import dev.concertina.operator.pods.WorkerPods;
import dev.concertina.operator.routes.Routes;
import dev.concertina.operator.routes.Serving;
import dev.concertina.operator.settings.Settings;
import dev.concertina.wire.ClientProperties;
import dev.concertina.wire.KafkaClient;
import dev.concertina.wire.Token;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/** One leading operator: everything between taking the Lease and giving it back. */
public final class Control implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Control.class.getName());
    private static final int RECONCILERS = 8;

    private final LeaseTerm lease;
    private final Peers peers;
    private final Fleet fleet;
    private final Routes routes;
    private final OperationRunner runner;
    private final Preview preview;
    private final DecisionLoop decisionLoop;
    private final Decisions decisions = new Decisions();
    private final Loads loads = new Loads();
    private final TrafficTopics topics;
    private final Optional<SharedIngest> share;
    private final Optional<EventsToKafka> events;
    private final MoEDeploymentReconciler deployments;
    private final Operator operator;
    private final Metrics metrics = new Metrics();
    private final Tracing tracing;
    private final Observatory observatory;
    private volatile boolean started;

    private Control(
            KubernetesClient client,
            Token token,
            Settings settings,
            Clock clock,
            LeaseTerm lease,
            String holder,
            Tracing tracing,
            Optional<KafkaAccess> kafka,
            Optional<SharedIngest> share) {
        this.tracing = tracing;
        this.lease = lease;
        this.share = share;
        this.peers = new Peers(token, lease.term());
        this.fleet = new Fleet(client, peers, clock);
        Placements placements = new Placements(client);
        Serving serving = new Serving(fleet, peers, loads, clock);
        this.routes = new Routes(fleet, peers, placements, serving);
        this.topics = TrafficTopics.merged(kafka, settings.topic(), loads, clock);
        loads.incompleteWhen(topics::incomplete);
        this.events = kafka.map(access -> new EventsToKafka(access.client(), settings.eventsTopic()));
        events.ifPresent(publisher -> decisions.listen((deployment, made, change) -> {
            if (change) {
                publisher.decision(deployment, made);
            }
        }));
        Services services = new Services(
                client,
                settings,
                peers,
                fleet,
                new WorkerPods(client, new WorkerPodTemplate(settings)),
                new Budgets(client, clock),
                placements,
                loads,
                topics,
                routes,
                clock);
        this.runner = new OperationRunner(services, tracing.on());
        this.preview = new Preview(services);
        this.decisionLoop = new DecisionLoop(client, loads, decisions, clock);
        this.operator = new Operator(overrider -> overrider
                .withKubernetesClient(client)
                .withCloseClientOnStop(false)
                .withUseSSAToPatchPrimaryResource(false)
                .withConcurrentReconciliationThreads(RECONCILERS)
                .withReconciliationTerminationTimeout(Duration.ofSeconds(2)));
        this.deployments = new MoEDeploymentReconciler(
                services, serving, runner, decisions, () -> metrics.count(Metric.OPERATOR_RECONCILE_ERRORS_TOTAL, 1));
        operator.register(deployments);
        operator.register(new ScaleOperationReconciler(runner));
        this.observatory = new Observatory(
                client,
                clock,
                holder,
                metrics,
                tracing,
                new Sources(loads, topics, decisions, lease, fleet, this::ready));
    }

    /**
     * Takes the Lease, however long that takes, and starts.
     *
     * @param another gets the name of the pod that leads, for as long as another does
     * @param lost called when the Lease is lost: the process must end at once
     * @throws InterruptedException while waiting for the Lease
     */
    public static Control start(
            KubernetesClient client,
            Token token,
            Settings settings,
            Clock clock,
            Consumer<String> another,
            Runnable lost)
            throws InterruptedException {
        return start(client, token, settings, clock, another, lost, Tracing.off());
    }

    /** The same, with spans of operations, which {@link #abandon} ends. */
    public static Control start(
            KubernetesClient client,
            Token token,
            Settings settings,
            Clock clock,
            Consumer<String> another,
            Runnable lost,
            Tracing tracing)
            throws InterruptedException {
        String namespace = settings.namespace()
                .or(() -> Optional.ofNullable(client.getNamespace()))
                .orElse("default");
        String holder = settings.pod().orElseGet(Control::host);
        Optional<KafkaAccess> kafka = kafka(settings, holder);
        Optional<SharedIngest> share = kafka.map(access -> SharedIngest.start(client, access, settings.topic(), clock));
        LeaseTerm lease;
        try {
            lease = LeaseTerm.acquire(client, namespace, holder, settings.leaseDuration(), clock, another, lost);
        } catch (InterruptedException | RuntimeException e) {
            share.ifPresent(SharedIngest::close);
            throw e;
        }
        Control control = new Control(client, token, settings, clock, lease, holder, tracing, kafka, share);
        control.routes.start();
        control.operator.start(); // its informers know from here on
        control.routes.tellAll(control.deployments::existing);
        control.decisionLoop.start();
        if (kafka.isEmpty()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "CONCERTINA_KAFKA is not set: no traffic is seen and nothing is scaled by itself");
        }
        control.topics.start();
        control.events.ifPresent(publisher -> publisher.start(client));
        control.started = true;
        LOG.log(System.Logger.Level.INFO, "operator started term={0}", lease.term());
        return control;
    }

    private static Optional<KafkaAccess> kafka(Settings settings, String holder) {
        return settings.kafka()
                .filter(servers -> !servers.isBlank())
                .map(servers -> new KafkaAccess(
                        new KafkaClient(
                                servers,
                                ClientProperties.read(settings.kafkaConfig().orElse(null))),
                        settings.kafkaGroup(),
                        holder));
    }

    private static String host() {
        return Objects.requireNonNullElse(System.getenv("HOSTNAME"), "operator") + "-"
                + ProcessHandle.current().pid();
    }

    /** True when a decision could be taken: reconcilers run on what their informers know, agents and gateways are known, Kafka answers. */
    public boolean ready() {
        return notReady().isEmpty();
    }

    /** Why no decision could be taken, empty when one could. */
    public Optional<String> notReady() {
        if (!started || !operator.getRuntimeInfo().allEventSourcesAreHealthy()) {
            return Optional.of("informers: not all of them know what there is");
        }
        if (!lease.renewedLately()) { // informers that try to connect again call themselves healthy meanwhile
            return Optional.of("api server: the lease has not been renewed since " + lease.renewed());
        }
        if (!fleet.synced()) {
            return Optional.of("fleet: agents, gateways and nodes are not known yet");
        }
        return topics.reachable()
                ? Optional.empty()
                : Optional.of("kafka: " + topics.problem().orElse("does not answer"));
    }

    /** What this operator shows while it leads. */
    public Metrics metrics() {
        return metrics;
    }

    public long term() {
        return lease.term();
    }

    public Decisions decisions() {
        return decisions;
    }

    public Fleet fleet() {
        return fleet;
    }

    /** What an operation would do, without doing it. */
    public Preview preview() {
        return preview;
    }

    public Loads loads() {
        return loads;
    }

    /** Why no traffic is seen, empty when it is. */
    public Optional<String> trafficProblem() {
        return topics.problem();
    }

    /** How far each partition of each traffic topic has been counted. */
    public Map<String, List<PartitionMark>> partitions() {
        return topics.marks();
    }

    /** Stops as a killed process would: operations stay where they are and the Lease is not given back. */
    void abandon() {
        started = false;
        lease.abandon();
        observatory.close();
        runner.close();
        decisionLoop.close();
        routes.close();
        topics.close();
        share.ifPresent(SharedIngest::close);
        events.ifPresent(EventsToKafka::close);
        operator.stop();
        fleet.close();
        peers.close();
        tracing.close();
    }

    /** Stops in order; operations under way go on in the next operator. */
    @Override
    public void close() {
        abandon();
        lease.close();
    }
}
