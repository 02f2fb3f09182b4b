package dev.concertina.operator.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.crds.ExpertPlacement;
import dev.concertina.crds.ExpertPlacementSpec;
import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.operator.placement.PlacementTable;
import dev.concertina.scheduler.placement.Placement;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The custom resources as users meet them, on a real kube-apiserver: validation, defaulting, scale, server-side apply, kubectl. */
class CustomResourceApiTest {
    private static final Path FOLDER = Path.of("src/test/resources/custom-resources");
    private static final String NAMESPACE = "custom-resources";

    private RealApiServer server;
    private KubernetesClient client;

    @BeforeEach
    void start() throws IOException {
        server = RealApiServer.get();
        client = server.admin();
        server.namespace(NAMESPACE);
    }

    static List<Path> valid() throws IOException {
        return files("valid");
    }

    static List<Path> invalid() throws IOException {
        return files("invalid");
    }

    private static List<Path> files(String folder) throws IOException {
        try (Stream<Path> files = Files.list(FOLDER.resolve(folder))) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("valid")
    void whatIsValidIsTakenAsItIs(Path file) throws Exception {
        String yaml = Files.readString(file);
        RealApiServer.Output output = server.kubectl(yaml, "apply", "--validate=strict", "-n", NAMESPACE, "-f", "-");
        assertThat(output.exit()).as(output.text()).isZero();
        HasMetadata wanted = RealApiServer.parse(yaml);
        HasMetadata stored = client.resource(wanted).inNamespace(NAMESPACE).get();
        if (stored instanceof MoEDeployment deployment) {
            MoEDeploymentSpec asked = ((MoEDeployment) wanted).getSpec();
            assertThat(deployment.getSpec())
                    .as("nothing but width gets a default")
                    .isEqualTo(asked.width() == null ? with(asked, 1) : asked);
        }
        client.resource(stored).delete();
    }

    @ParameterizedTest
    @MethodSource("invalid")
    void whatIsNotIsRefusedWithASentence(Path file) throws Exception {
        List<String> lines = Files.readAllLines(file);
        String expected = lines.getFirst().replaceFirst("^# expected: ", "");
        assertThat(expected).isNotEqualTo(lines.getFirst());
        String[] documents = Files.readString(file).split("(?m)^---$", -1);
        for (int i = 0; i < documents.length; i++) {
            RealApiServer.Output output =
                    server.kubectl(documents[i], "apply", "--validate=strict", "-n", NAMESPACE, "-f", "-");
            if (i < documents.length - 1) {
                assertThat(output.exit()).as(output.text()).isZero();
            } else {
                assertThat(output.exit()).as(output.text()).isNotZero();
                assertThat(output.text()).contains(expected);
            }
        }
    }

    private static MoEDeploymentSpec with(MoEDeploymentSpec spec, int width) {
        return new MoEDeploymentSpec(
                spec.model(),
                spec.engine(),
                spec.parallelism(),
                width,
                spec.scaling(),
                spec.slo(),
                spec.placement(),
                spec.accelerator(),
                spec.traffic(),
                spec.paused());
    }

    private MoEDeployment deployment(String name, String spec) {
        return (MoEDeployment) RealApiServer.parse("""
                apiVersion: concertina.dev/v1alpha1
                kind: MoEDeployment
                metadata: {name: %s, namespace: %s}
                spec: {model: {source: /models/x}%s}
                """.formatted(name, NAMESPACE, spec));
    }

    private MoEDeployment get(String name) {
        return client.resources(MoEDeployment.class)
                .inNamespace(NAMESPACE)
                .withName(name)
                .get();
    }

    @Test
    void theScaleSubresourceMovesWidthAndReadsTheEffectiveOne() throws Exception {
        client.resource(deployment("scaled", "")).create();
        MoEDeployment created = get("scaled");
        created.setStatus(new MoEDeploymentStatus(1L, List.of(), 1, 1, 1, 1L, "scaled-e1", null, null, "app=scaled"));
        client.resource(created).updateStatus();
        RealApiServer.Output scaled = server.kubectl(null, "scale", "-n", NAMESPACE, "moed/scaled", "--replicas=3");
        assertThat(scaled.exit()).as(scaled.text()).isZero();
        MoEDeployment after = get("scaled");
        assertThat(after.getSpec().width()).isEqualTo(3);
        assertThat(after.getMetadata().getGeneration()).isEqualTo(2);
        assertThat(after.getStatus().effectiveWidth()).isEqualTo(1);
        var scale = client.resource(after).scale();
        assertThat(scale.getStatus().getReplicas()).isEqualTo(1);
        assertThat(scale.getStatus().getSelector()).isEqualTo("app=scaled");
        assertThat(server.kubectl(null, "scale", "-n", NAMESPACE, "moed/scaled", "--replicas=5000")
                        .text())
                .contains("should be less than or equal to 1024");
    }

    @Test
    void aWriteOfSpecLeavesStatusAloneAndTheOtherWayRound() {
        client.resource(deployment("apart", "")).create();
        MoEDeployment object = get("apart");
        object.setStatus(new MoEDeploymentStatus(1L, List.of(), 7, 0, 0, null, null, null, null, null));
        client.resource(object).update();
        assertThat(get("apart").getStatus()).isNull();
        MoEDeployment again = get("apart");
        again.setSpec(with(again.getSpec(), 9));
        again.setStatus(new MoEDeploymentStatus(1L, List.of(), 7, 0, 0, null, null, null, null, null));
        client.resource(again).updateStatus();
        assertThat(get("apart").getSpec().width()).isEqualTo(1);
        assertThat(get("apart").getStatus().desiredWidth()).isEqualTo(7);
    }

    /** Git applies all but width; the operator writes width by update, as under Auto; Git's next apply must leave it. */
    @Test
    void gitAndTheOperatorOwnWhatIsTheirs() throws IOException {
        OperatorAccount.create(server);
        applyAs("git", deployment("shared", ", scaling: {mode: Auto, maxWidth: 4}"));
        assertThat(get("shared").getSpec().width()).isEqualTo(1);
        MoEDeployment seen = get("shared");
        seen.setSpec(with(seen.getSpec(), 3));
        try (KubernetesClient operator = server.as(OperatorAccount.NAMESPACE, OperatorAccount.NAME)) {
            operator.resource(seen).update();
        }
        applyAs("git", deployment("shared", ", scaling: {mode: Auto, maxWidth: 6}"));
        MoEDeployment after = get("shared");
        assertThat(after.getSpec().width()).isEqualTo(3);
        assertThat(after.getSpec().scaling().maxWidth()).isEqualTo(6);
        assertThat(after.getMetadata().getManagedFields())
                .anySatisfy(entry -> {
                    assertThat(entry.getManager()).isEqualTo("git");
                    assertThat(entry.getFieldsV1().toString())
                            .contains("f:scaling")
                            .doesNotContain("f:width");
                })
                .anySatisfy(entry -> {
                    assertThat(entry.getManager()).isEqualTo("concertina-operator");
                    assertThat(entry.getFieldsV1().toString())
                            .contains("f:width")
                            .doesNotContain("f:scaling");
                });
        // a second manager that wants the width gets told who has it
        assertThat(conflict("git", deployment("shared", ", width: 5, scaling: {mode: Auto, maxWidth: 6}")))
                .contains("conflict with \"concertina-operator\"")
                .contains(".spec.width");
    }

    private void applyAs(String manager, MoEDeployment object) {
        client.resource(object)
                .patch(
                        new PatchContext.Builder()
                                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                                .withFieldManager(manager)
                                .withForce(false)
                                .build(),
                        object);
    }

    private String conflict(String manager, MoEDeployment object) {
        try {
            applyAs(manager, object);
        } catch (KubernetesClientException e) {
            assertThat(e.getCode()).isEqualTo(409);
            return String.valueOf(e.getMessage());
        }
        throw new AssertionError("no conflict");
    }

    @Test
    void kubectlShowsAndExplains() throws Exception {
        client.resource(deployment("shown", ", scaling: {mode: Manual}")).create();
        String table = server.kubectl(null, "get", "-n", NAMESPACE, "moed").text();
        assertThat(table.lines().findFirst().orElseThrow().split("\\s+"))
                .containsExactly("NAME", "MODE", "WIDTH", "EFFECTIVE", "AVAILABLE", "OPERATION", "AGE");
        assertThat(table).contains("shown");
        assertThat(server.kubectl(null, "get", "-n", NAMESPACE, "concertina").text())
                .contains("shown");
        for (String name : List.of("moed", "scaleop", "exp")) {
            String kind = server.kubectl(null, "explain", name).text();
            assertThat(kind)
                    .contains("GROUP:", "concertina.dev", "DESCRIPTION:")
                    .doesNotContain("<empty>");
        }
        assertThat(server.kubectl(null, "explain", "moed").text()).contains("goes on serving while its width");
        assertThat(server.kubectl(null, "explain", "moed.spec.scaling").text())
                .contains("scaleUpStabilization", "Default 2s", "minWidth", "Default 1");
        assertThat(server.kubectl(null, "explain", "moed.status.conditions").text())
                .contains("Which condition");
    }

    /** 58 layers of 256 experts on 32 ranks, one further slot per rank and layer for replicas. */
    @Test
    void aPlacementOfTheLargestModelStaysSmall() throws Exception {
        int layers = 58;
        int experts = 256;
        int ranks = 32;
        Random random = new Random(7);
        int[][][] holders = new int[layers][experts][];
        for (int[][] layer : holders) {
            for (int expert = 0; expert < experts; expert++) {
                layer[expert] = new int[] {expert % ranks};
            }
            for (int rank = 0; rank < ranks; rank++) {
                int expert = random.nextInt(experts);
                if (expert % ranks != rank && layer[expert].length == 1) {
                    int home = expert % ranks;
                    layer[expert] = new int[] {Math.min(home, rank), Math.max(home, rank)};
                }
            }
        }
        Placement placement = new Placement(ranks, holders);
        ExpertPlacement object = new ExpertPlacement();
        object.getMetadata().setName("large");
        object.getMetadata().setNamespace(NAMESPACE);
        object.setSpec(new ExpertPlacementSpec("x", 1, ranks, PlacementTable.encode(placement)));
        client.resource(object).create();
        String stored = raw("/apis/concertina.dev/v1alpha1/namespaces/" + NAMESPACE + "/expertplacements/large");
        int bytes = stored.getBytes(StandardCharsets.UTF_8).length;
        System.out.println("ExpertPlacement of 58 x 256 on 32 ranks with replicas: " + bytes + " bytes");
        assertThat(bytes).isLessThan(100_000);
        ExpertPlacement read = client.resources(ExpertPlacement.class)
                .inNamespace(NAMESPACE)
                .withName("large")
                .get();
        assertThat(PlacementTable.decode(ranks, read.getSpec().table())).isEqualTo(placement);
    }

    private String raw(String path) {
        return client.raw(path);
    }
}
