package dev.concertina.operator.apiserver;

import static org.junit.jupiter.api.Assumptions.abort;

import dev.concertina.crds.Api;
import dev.concertina.crds.ExpertPlacement;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.operator.app.OperatorUserAgent;
import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubeapitest.KubeAPITestException;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * One real kube-apiserver with its etcd for all tests of this JVM, by Fabric8's kube-api-test: from the binaries in {@code KUBE_API_TEST_DIR}, or
 * from its own download; where neither is to be had, tests are skipped with the reason printed. No controller manager, scheduler or kubelet runs:
 * what they do (garbage collection, scheduling) is not there.
 */
public final class RealApiServer {
    private static final String VARIABLE = "KUBE_API_TEST_DIR";
    private static final String DOWNLOADS = "raw.githubusercontent.com";
    private static final Path FOLDER = Path.of("target/kube-api-test");
    static final Path AUDIT_LOG = FOLDER.resolve("audit.log").toAbsolutePath();

    private static @Nullable RealApiServer running;
    private static @Nullable String reason;

    private final KubeAPIServer server;
    private final KubernetesClient admin;

    private RealApiServer(KubeAPIServer server) {
        this.server = server;
        this.admin = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(server.getKubeConfigYaml()))
                .build();
    }

    /** The server with the CRDs of this build; starts it once. Skips the calling test when that cannot be. */
    public static synchronized RealApiServer get() throws IOException {
        RealApiServer existing = running;
        if (existing != null) {
            return existing;
        }
        if (reason == null) {
            try {
                RealApiServer started = new RealApiServer(start());
                started.install(
                        Api.CRD_RESOURCES.stream().map(RealApiServer::resource).toList());
                running = started;
                return started;
            } catch (KubeAPITestException | NoBinaries e) {
                reason = "no real API server here: " + e.getMessage();
                System.out.println("skipped: " + reason);
            }
        }
        abort(reason);
        throw new IllegalStateException(reason);
    }

    private static final class NoBinaries extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoBinaries(String message) {
            super(message);
        }
    }

    private static KubeAPIServer start() throws IOException {
        Files.createDirectories(FOLDER);
        Files.deleteIfExists(AUDIT_LOG);
        Path policy = Files.writeString(FOLDER.resolve("audit-policy.yaml"), """
                apiVersion: audit.k8s.io/v1
                kind: Policy
                omitStages: [RequestReceived, ResponseStarted]
                rules:
                - level: Metadata
                  users: ["%s"]
                - level: None
                """.formatted(OperatorAccount.USER));
        KubeAPIServerConfigBuilder config = KubeAPIServerConfigBuilder.anAPIServerConfig()
                .withUpdateKubeConfig(false)
                .withStartupTimeout(120_000)
                .withApiServerFlag(
                        "--audit-policy-file", policy.toAbsolutePath().toString())
                .withApiServerFlag("--audit-log-path", AUDIT_LOG.toString());
        String folder = System.getenv(VARIABLE);
        if (folder != null && Files.isDirectory(Path.of(folder, "k8s"))) {
            System.out.println("real API server: binaries of " + VARIABLE + "=" + folder);
            config.withTestDir(folder).withOfflineMode(true);
        } else if (downloadsReachable()) {
            System.out.println(
                    "real API server: kube-api-test's own download, since " + VARIABLE + " names no binaries");
            config.withOfflineMode(false);
        } else {
            throw new NoBinaries(VARIABLE + " names no folder with k8s/<version>, and " + DOWNLOADS
                    + ", where kube-api-test downloads from, cannot be reached");
        }
        KubeAPIServer server = new KubeAPIServer(config.build());
        Runtime.getRuntime().addShutdownHook(new Thread(server::stop));
        server.start();
        return server;
    }

    private static boolean downloadsReachable() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(DOWNLOADS, 443), 3000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** A client that may do everything. Not to be closed. */
    public KubernetesClient admin() {
        return admin;
    }

    /** A client with a token of a service account, and so with its permissions, that calls itself what the operator does. */
    KubernetesClient as(String namespace, String serviceAccount) {
        TokenRequest request = admin.serviceAccounts()
                .inNamespace(namespace)
                .withName(serviceAccount)
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withExpirationSeconds(3600L)
                        .endSpec()
                        .build());
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(Config.fromKubeconfig(server.getKubeConfigYaml()))
                        .withClientCertData(null)
                        .withClientCertFile(null)
                        .withClientKeyData(null)
                        .withClientKeyFile(null)
                        .withOauthToken(request.getStatus().getToken())
                        .withUserAgent(OperatorUserAgent.NAME)
                        .build())
                .build();
    }

    /** A namespace of the test's own. */
    public String namespace(String name) {
        admin.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .forceConflicts()
                .serverSideApply();
        return name;
    }

    /** Creates or replaces definitions and waits until the server serves them. */
    void install(List<CustomResourceDefinition> definitions) {
        for (CustomResourceDefinition definition : definitions) {
            admin.resource(definition).forceConflicts().serverSideApply();
        }
        for (CustomResourceDefinition definition : definitions) {
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
                var now = admin.resource(definition).get();
                return now != null
                        && now.getStatus() != null
                        && now.getStatus().getConditions() != null
                        && now.getStatus().getConditions().stream()
                                .anyMatch(condition -> condition.getType().equals("Established")
                                        && condition.getStatus().equals("True"));
            });
        }
    }

    static CustomResourceDefinition resource(String path) {
        try (InputStream in = MoEDeployment.class.getClassLoader().getResourceAsStream(path)) {
            return Serialization.unmarshal(in, CustomResourceDefinition.class);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a {@code kubectl} command prints, standard error included. */
    Output kubectl(@Nullable String input, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(kubectlPath(), "--kubeconfig", kubeconfig().toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Process process = builder.start();
        try (var out = process.getOutputStream()) {
            if (input != null) {
                out.write(input.getBytes(StandardCharsets.UTF_8));
            }
        }
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        return new Output(process.exitValue(), text);
    }

    /** A kubeconfig of one who may do everything. */
    public Path kubeconfig() throws IOException {
        return Files.writeString(FOLDER.resolve("kubeconfig"), server.getKubeConfigYaml())
                .toAbsolutePath();
    }

    record Output(int exit, String text) {}

    /** It lies beside the API server's binary. */
    public static String kubectlPath() throws IOException {
        String folder = System.getenv(VARIABLE);
        Path root = folder == null ? Path.of(System.getProperty("user.home"), ".kubeapitest") : Path.of(folder);
        try (var paths = Files.walk(root, 4)) {
            return paths.filter(path -> path.getFileName().toString().equals("kubectl"))
                    .sorted()
                    .map(Path::toString)
                    .findFirst()
                    .orElse("kubectl");
        }
    }

    /** A custom resource of this build's types. */
    static HasMetadata parse(String yaml) {
        HasMetadata generic = Serialization.unmarshal(yaml, GenericKubernetesResource.class);
        Class<? extends HasMetadata> type = switch (generic.getKind()) {
            case "MoEDeployment" -> MoEDeployment.class;
            case "ScaleOperation" -> ScaleOperation.class;
            case "ExpertPlacement" -> ExpertPlacement.class;
            default -> throw new IllegalArgumentException(generic.getKind() + " is none of ours");
        };
        return Serialization.unmarshal(yaml, type);
    }
}
