package dev.concertina.e2e.local;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.e2e.apiserver.LocalApiServer;
import dev.concertina.e2e.kubelet.LoopbackAddresses;
import dev.concertina.e2e.kubelet.ProcessKubelet;
import dev.concertina.e2e.kubelet.SimulatedNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The running local cluster. Closing it ends every process; closing twice does nothing. */
public final class LocalCluster implements AutoCloseable {
    private static final List<String> CRDS = List.of("moedeployments", "scaleoperations", "expertplacements");

    private static final String ADMIN_TOKEN = "admin-token";
    private static final String VIEW_TOKEN = "view-token";
    private static final String KUBECONFIG = "kubeconfig";

    private final LocalSettings settings;
    private final RunDir runDir;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private @Nullable LocalApiServer api;
    private @Nullable ProcessKubelet kubelet;
    private @Nullable KafkaChild kafka;
    private String http = "";
    private boolean failed;
    private boolean closed;

    private LocalCluster(LocalSettings settings, RunDir runDir) {
        this.settings = settings;
        this.runDir = runDir;
    }

    /**
     * Starts everything and returns when all of it is ready.
     *
     * @param objects created as soon as the API server knows their kinds: deployments, so that the operator finds them when it starts
     * @throws StartupException in one sentence; nothing is left running
     */
    public static LocalCluster start(
            LocalSettings settings, List<? extends HasMetadata> objects, Progress progress, InstantSource clock)
            throws StartupException {
        settings.check();
        RunDir runDir;
        try {
            runDir = RunDir.create();
        } catch (IOException e) {
            throw new StartupException("cannot make a folder for this run: " + e.getMessage(), e);
        }
        LocalCluster cluster = new LocalCluster(settings, runDir);
        // a Ctrl-C while it starts must not leave processes either
        try {
            cluster.open(objects, progress, clock);
            return cluster;
        } catch (IOException e) {
            cluster.fail();
            throw new StartupException(String.valueOf(e.getMessage()), e);
        } catch (StartupException | RuntimeException e) {
            cluster.fail();
            throw e;
        }
    }

    private void open(List<? extends HasMetadata> given, Progress progress, InstantSource clock)
            throws IOException, StartupException {
        http = "127.0.0.1:" + freePort(settings.httpPort());
        LoopbackAddresses addresses = LoopbackAddresses.acquire(new SecureRandom());
        opened.add(addresses);
        progress.say("starting Kafka, API server, 2 simulated nodes; logs in " + runDir.logs());
        KafkaChild broker =
                KafkaChild.start(Images.kafka(settings.home()), addresses.ofCluster(2) + ":9092", runDir.path());
        kafka = broker;
        opened.add(() -> broker.process().stop(Duration.ofSeconds(3)));
        LocalApiServer server = new LocalApiServer(settings.apiPort(), clock);
        api = server;
        opened.add(server);
        runDir.writeSecret(ADMIN_TOKEN, server.token());
        runDir.writeSecret(VIEW_TOKEN, server.viewToken());
        runDir.writeSecret(KUBECONFIG, kubeconfig(server.url()));
        applyCrds(server.client());
        SystemObjects objects = new SystemObjects(broker.address(), server.url());
        objects.ground(token())
                .forEach(object -> server.client().resource(object).create());
        given.forEach(object -> server.client().resource(object).create());
        List<SimulatedNode> nodes = nodes();
        ProcessKubelet started = new ProcessKubelet(
                server.client(), nodes, Images.programs(settings.home()), addresses, runDir.path(), clock);
        kubelet = started;
        opened.add(started);
        for (SimulatedNode node : nodes) {
            create(objects.keeper(node.name()));
            create(objects.agent(
                    node.name(),
                    settings.devicesPerNode(),
                    settings.deviceBytes(),
                    Objects.requireNonNull(settings.modelDir().getParent())));
        }
        progress.say("waiting for Kafka");
        broker.awaitTopic(Duration.ofSeconds(60));
        create(objects.gateway(nodes.getFirst().name(), http));
        create(objects.operator(nodes.getLast().name()));
        Waiting.forPods(this, settings.startLimit(), progress);
    }

    private void create(Pod pod) {
        client().resource(pod).create();
    }

    private List<SimulatedNode> nodes() {
        List<SimulatedNode> nodes = new ArrayList<>();
        for (int i = 0; i < settings.nodes(); i++) {
            String name = "node-" + (char) ('a' + i);
            nodes.add(new SimulatedNode(
                    name, i + 1, settings.devicesPerNode(), runDir.path().resolve(name)));
        }
        return nodes;
    }

    private static void applyCrds(KubernetesClient client) throws IOException, StartupException {
        for (String crd : CRDS) {
            String resource = "/META-INF/concertina/" + crd + ".concertina.dev.yaml";
            try (InputStream in = MoEDeployment.class.getResourceAsStream(resource)) {
                if (in == null) {
                    throw new StartupException("the crds module has no " + resource + "; build it again");
                }
                client.load(in).items().forEach(item -> client.resource(item).create());
            }
        }
    }

    private static int freePort(int wanted) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress("127.0.0.1", wanted));
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IOException(
                    "cannot listen on 127.0.0.1:" + wanted + " (" + e.getMessage()
                            + "); free the port or choose another with --port",
                    e);
        }
    }

    private static String token() {
        byte[] bytes = new byte[24];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    public KubernetesClient client() {
        return Objects.requireNonNull(api).client();
    }

    /** {@code http://127.0.0.1:PORT} of the API server. */
    public String apiUrl() {
        return Objects.requireNonNull(api).url();
    }

    /** {@code 127.0.0.1:PORT} of the OpenAI API. */
    public String http() {
        return http;
    }

    /** {@code http://HOST:PORT} of the operator's admin API; empty while the operator has no address. */
    public String adminUrl() {
        Pod operator =
                client().pods().inNamespace(namespace()).withName("operator").get();
        String address = operator == null || operator.getStatus() == null
                ? null
                : operator.getStatus().getPodIP();
        return address == null ? "" : "http://" + address + ":" + SystemObjects.ADMIN_PORT;
    }

    /** File with the bearer token that the admin API accepts. */
    public Path adminToken() {
        return runDir.path().resolve(ADMIN_TOKEN);
    }

    /** File with the bearer token that may only look. */
    public Path viewToken() {
        return runDir.path().resolve(VIEW_TOKEN);
    }

    /** File that leads kubectl to the API server. */
    public Path kubeconfig() {
        return runDir.path().resolve(KUBECONFIG);
    }

    /** JSON is YAML. The CRUD server asks nobody who he is. */
    private static String kubeconfig(String server) {
        return """
                {"apiVersion": "v1", "kind": "Config", "current-context": "concertina",
                 "clusters": [{"name": "concertina", "cluster": {"server": "%s"}}],
                 "contexts": [{"name": "concertina", "context": {"cluster": "concertina", "namespace": "default", "user": ""}}]}""".formatted(server);
    }

    /** Namespace of all objects. */
    public String namespace() {
        return SystemObjects.NAMESPACE;
    }

    /** Folder with one log file per process. */
    public Path logs() {
        return runDir.logs();
    }

    /**
     * Says whether the cluster can still do its work.
     *
     * @throws StartupException when the broker has ended
     */
    public void checkAlive() throws StartupException {
        Objects.requireNonNull(kafka).checkAlive();
    }

    /** Keeps the run folder after the end, for a look at the logs. */
    public synchronized void keepLogs() {
        failed = true;
    }

    private void fail() {
        keepLogs();
        close();
    }

    /** Waits. */
    static void pause(Duration duration) throws StartupException {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartupException("interrupted", e);
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        // an interrupt got us here, perhaps: it must not keep us from waiting for the processes to end
        boolean interrupted = Thread.interrupted();
        for (AutoCloseable part : opened.reversed()) {
            try {
                part.close();
            } catch (Exception e) {
                System.err.println("while ending: " + e);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (!settings.keep() && !failed) {
            runDir.delete();
        } else {
            System.err.println("logs: " + runDir.logs());
        }
    }
}
