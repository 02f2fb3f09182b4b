package dev.concertina.operator.doubles;

import dev.concertina.crds.Api;
import dev.concertina.operator.pods.WorkerPodsTest;
import dev.concertina.wire.Agents;
import dev.concertina.wire.Token;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** Two imagined nodes with two accelerators each, a gateway, and a kubelet that turns worker pods into {@link FakeWorker}s. */
public final class FakeFleet implements AutoCloseable {
    private final KubernetesClient client;
    private final Token token;
    private final List<FakeAgent> agents = new CopyOnWriteArrayList<>();
    private FakeGateway gateway;
    private final Map<String, FakeWorker> workers = new ConcurrentHashMap<>();
    private final Map<String, Pod> pods = new HashMap<>();
    private final AtomicInteger incarnations = new AtomicInteger();
    private final Map<Integer, String> digests = new ConcurrentHashMap<>();
    private final Set<String> cordoned = ConcurrentHashMap.newKeySet();
    private final Set<String> held = new HashSet<>();
    private final Thread kubelet;
    private volatile IntConsumer beforeCommit = rank -> {};

    public FakeFleet(KubernetesClient client, Token token) throws IOException {
        this.client = client;
        this.token = token;
        for (String node : List.of("node-a", "node-b")) {
            add(node, 2);
        }
        gateway = new FakeGateway(token);
        announce("gateway-0", Api.COMPONENT_GATEWAY, gateway.port());
        kubelet = Thread.ofPlatform().daemon().name("fake-kubelet").start(this::run);
    }

    /** The gateway's process does not answer any more; its pod is there. */
    public void gatewayGone() {
        gateway.close();
    }

    /** Another process answers at the same address and knows nothing yet. */
    public void gatewayBack() throws IOException {
        gateway = new FakeGateway(token, gateway.port());
    }

    private void announce(String name, String component, int port) {
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("concertina-system")
                .addToLabels(Api.LABEL_COMPONENT, component)
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("main")
                .withImage("none")
                .addNewPort()
                .withName(Api.PORT_CONTROL)
                .withContainerPort(port)
                .endPort()
                .endContainer()
                .endSpec()
                .build();
        Pod created = client.resource(pod).create();
        created.setStatus(new io.fabric8.kubernetes.api.model.PodStatusBuilder()
                .withPhase("Running")
                .withPodIP("127.0.0.1")
                .build());
        client.resource(created).updateStatus();
    }

    private void run() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                look();
                Thread.sleep(20);
            } catch (InterruptedException e) {
                return;
            } catch (KubernetesClientException | IOException e) {
                if (Thread.currentThread().isInterrupted()) {
                    return;
                }
            }
        }
    }

    private synchronized void look() throws IOException {
        Set<String> there = new HashSet<>();
        for (Pod pod : client.pods()
                .inAnyNamespace()
                .withLabel(Api.LABEL_COMPONENT, Api.COMPONENT_WORKER)
                .list()
                .getItems()) {
            String uid = pod.getMetadata().getUid();
            there.add(uid);
            if (!workers.containsKey(uid) && !held.contains(uid)) {
                start(uid, pod);
            }
        }
        for (String uid : new ArrayList<>(workers.keySet())) {
            if (!there.contains(uid)) {
                kill(uid);
            }
        }
    }

    private void start(String uid, Pod pod) throws IOException {
        String deployment = env(pod, "CONCERTINA_DEPLOYMENT");
        int rank = Integer.parseInt(env(pod, "CONCERTINA_RANK"));
        String incarnation = "inc-" + incarnations.incrementAndGet();
        FakeWorker worker = new FakeWorker(deployment, rank, incarnation, token, this);
        List<FakeAgent> order = new ArrayList<>(agents);
        order.removeIf(agent -> cordoned.contains(agent.node()));
        order.sort(java.util.Comparator.comparing((FakeAgent agent) -> !agent.bound(deployment, rank)));
        for (FakeAgent agent : order) {
            Agents.Member member =
                    agent.join(deployment, rank, pod.getMetadata().getName(), incarnation, worker.address());
            if (member != null) {
                worker.joined(agent, member.device());
                workers.put(uid, worker);
                pods.put(uid, pod);
                return;
            }
        }
        worker.close();
    }

    private static String env(Pod pod, String name) {
        return pod.getSpec().getContainers().getFirst().getEnv().stream()
                .filter(variable -> variable.getName().equals(name))
                .map(EnvVar::getValue)
                .findFirst()
                .orElseThrow();
    }

    private void kill(String uid) {
        FakeWorker worker = workers.remove(uid);
        Pod pod = pods.remove(uid);
        if (worker != null && pod != null) {
            worker.close();
            worker.agent().leave(env(pod, "CONCERTINA_DEPLOYMENT"), Integer.parseInt(env(pod, "CONCERTINA_RANK")));
        }
    }

    /** As {@code kubectl cordon} does: new pods go elsewhere. */
    public void cordon(String node) {
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(node)
                        .endMetadata()
                        .withNewSpec()
                        .withUnschedulable(true)
                        .endSpec()
                        .build())
                .create();
        cordoned.add(node);
    }

    /** As {@code kubectl uncordon} does. */
    public void uncordon(String node) {
        client.nodes().withName(node).edit(known -> {
            known.getSpec().setUnschedulable(false);
            return known;
        });
        cordoned.remove(node);
    }

    /** Another node with accelerators joins. */
    public void add(String node, int devices) throws IOException {
        FakeAgent agent = new FakeAgent(node, devices, token, () -> agents);
        agents.add(agent);
        announce("agent-" + node, Api.COMPONENT_AGENT, agent.port());
    }

    /** Ends a rank's process; its pod stays and the kubelet starts it anew. */
    public synchronized void crash(int rank) {
        for (Map.Entry<String, Pod> pod : new ArrayList<>(pods.entrySet())) {
            if (env(pod.getValue(), "CONCERTINA_RANK").equals(String.valueOf(rank))) {
                kill(pod.getKey());
            }
        }
    }

    /** The same, and the kubelet waits before it starts it anew, as after several deaths: longer than any test. */
    public synchronized void holdBack(int rank, Duration ran) {
        for (Map.Entry<String, Pod> entry : new ArrayList<>(pods.entrySet())) {
            Pod pod = entry.getValue();
            if (env(pod, "CONCERTINA_RANK").equals(String.valueOf(rank))) {
                held.add(entry.getKey());
                kill(entry.getKey());
                client.resource(pod).editStatus(known -> {
                    known.setStatus(WorkerPodsTest.crashed("CrashLoopBackOff", ran));
                    return known;
                });
            }
        }
    }

    public List<FakeAgent> agents() {
        return agents;
    }

    public FakeGateway gateway() {
        return gateway;
    }

    /** The worker of a rank. */
    public synchronized FakeWorker worker(int rank) {
        return pods.entrySet().stream()
                .filter(pod -> env(pod.getValue(), "CONCERTINA_RANK").equals(String.valueOf(rank)))
                .map(pod -> workers.get(pod.getKey()))
                .findFirst()
                .orElseThrow();
    }

    String digest(int rank) {
        return digests.getOrDefault(rank, "same");
    }

    /** A rank computes other bits from now on. */
    public void corrupt(int rank) {
        digests.put(rank, "other");
    }

    public void heal() {
        digests.clear();
        beforeCommit = rank -> {};
    }

    /** Called on the rank's thread before it takes an epoch. */
    public void onCommit(IntConsumer hook) {
        beforeCommit = hook;
    }

    void beforeCommit(int rank) {
        beforeCommit.accept(rank);
    }

    @Override
    public void close() {
        kubelet.interrupt();
        workers.values().forEach(FakeWorker::close);
        agents.forEach(FakeAgent::close);
        gateway.close();
    }
}
