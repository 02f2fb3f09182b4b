package dev.concertina.e2e.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.crds.MoEDeployment;
import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.crds.MoEDeploymentStatus;
import dev.concertina.crds.ScaleOperation;
import dev.concertina.crds.ScaleOperationStatus.Phase;
import dev.concertina.e2e.admin.AdminCommands;
import dev.concertina.e2e.cli.DemoDeployment;
import dev.concertina.e2e.cli.FirstRequest;
import dev.concertina.e2e.report.OperationReport;
import dev.concertina.e2e.session.LoadSession;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import picocli.CommandLine;

/** The whole of it on this machine, scaled by hand while it serves. One cluster for all tests, which go on from each other's width. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ScalingIT {
    private static final Duration LIMIT = Duration.ofSeconds(150);
    private static LocalCluster cluster;
    private static Path model;
    private boolean passed;

    @BeforeAll
    static void start() throws Exception {
        Assumptions.assumeTrue(
                System.getProperty("os.name").startsWith("Linux"), "memory files and 127.0.0.0/8 need Linux");
        LocalSettings settings = LocalSettings.of(Path.of(".."), Path.of("../deploy/models/shakespeare-moe"));
        model = settings.modelDir();
        MoEDeployment deployment =
                DemoDeployment.of("default", model, MoEDeploymentSpec.Mode.Manual, 1, 4, "step=4ms,token=400us");
        cluster = LocalCluster.start(settings, List.of(deployment), System.out::println, InstantSource.system());
        FirstRequest.serve(cluster, DemoDeployment.NAME, System.out::println);
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @AfterEach
    void keepLogsOfAFailure() {
        if (!passed) {
            cluster.keepLogs();
        }
    }

    @Test
    @Order(1)
    void oneTwoFourTwoOneWithoutALostStreamOrAWrongToken() throws Exception {
        LoadSession session = session(6);
        CompletableFuture<LoadSession.Result> load = CompletableFuture.supplyAsync(() -> UnderLoad.run(session));
        List<Integer> walk = List.of(2, 4, 2, 1);
        for (int width : walk) {
            int before = operations().size();
            setWidth(width);
            await(
                    "desired width " + width,
                    ScalingIT::status,
                    s -> Integer.valueOf(width).equals(s.desiredWidth()));
            await("one more operation", ScalingIT::operations, all -> all.size() > before && ended(all));
            MoEDeploymentStatus status = await(
                    "effective width " + width,
                    ScalingIT::status,
                    s -> Integer.valueOf(width).equals(s.effectiveWidth())
                            && Integer.valueOf(width).equals(s.allocatedWidth()));
            assertThat(status.placementEpoch()).isNotNull();
        }
        session.finish();
        LoadSession.Result result = load.get(LIMIT.toSeconds(), TimeUnit.SECONDS);

        System.out.println(result.summary());
        assertThat(result.records()).filteredOn(r -> r.problem() != null).isEmpty();
        assertThat(result.mismatches()).isEmpty();
        assertThat(result.summary().clean()).isTrue();
        assertThat(result.summary().requestsCompleted())
                .isEqualTo(result.summary().requestsSent())
                .isPositive();
        assertThat(result.summary().scaleUps()).isEqualTo(2);
        assertThat(result.summary().scaleDowns()).isEqualTo(2);
        List<OperationReport> walked = result.summary().operations();
        assertThat(walked).extracting(OperationReport::to).containsExactlyElementsOf(walk);
        for (OperationReport operation : walked) {
            assertThat(operation.bytesCopied()).as(operation.name()).isEqualTo(operation.bytesCopiedPlanned());
            assertThat(operation.phasesS())
                    .as(operation.name())
                    .containsKeys("Planned", "Provisioning", "Staging", "Warming", "Committing", "Reclaiming");
            if (operation.up()) {
                assertThat(operation.bytesCopied()).as("a wider model copies").isPositive();
            } else {
                assertThat(operation.phasesS()).as(operation.name()).containsKey("Migrating");
            }
        }
        passed = true;
    }

    @Test
    @Order(3)
    void theVerbsAskTheRunningOperator() throws Exception {
        await("no operation under way", ScalingIT::operations, ScalingIT::ended);
        String name = DemoDeployment.NAME;
        assertThat(verb(0, "get")).contains(name, "Manual");
        assertThat(verb(0, "get", "agents")).contains("node-a", name + ":0");
        assertThat(verb(0, "get", "operations", name)).contains("Succeeded");
        assertThat(verb(0, "what-if", name, "--width", "3", "--rate", "2", "--prompt", "30", "--generated", "30"))
                .contains("copied", "operation(s) in this direction");
        int before = status().effectiveWidth();
        int other = before == 1 ? 2 : 1;
        assertThat(verb(0, "scale", name, "--width", Integer.toString(other))).contains(name);
        await("width " + other, ScalingIT::status, s -> Integer.valueOf(other).equals(s.effectiveWidth()));
        await("no operation under way", ScalingIT::operations, ScalingIT::ended);
        verb(0, "rollback", name);
        await("width " + before, ScalingIT::status, s -> Integer.valueOf(before).equals(s.effectiveWidth()));
        assertThat(verb(1, "get", "operations", "nobody")).contains("there is no MoEDeployment default/nobody");
        passed = true;
    }

    private static String verb(int code, String... arguments) {
        StringWriter out = new StringWriter();
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of(
                "--server",
                cluster.adminUrl(),
                "--token-file",
                cluster.adminToken().toString()));
        int ended = AdminCommands.addTo(new CommandLine(CommandLine.Model.CommandSpec.create()))
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(out))
                .execute(all.toArray(String[]::new));
        assertThat(ended).as(out.toString()).isEqualTo(code);
        return out.toString();
    }

    @Test
    @Order(2)
    void anOperatorKilledInTheMiddleOfAnOperationLosesNothing() throws Exception {
        setWidth(1);
        await("width 1", ScalingIT::status, s -> Integer.valueOf(1).equals(s.effectiveWidth()));
        await("no operation under way", ScalingIT::operations, ScalingIT::ended);
        LoadSession session = session(4);
        CompletableFuture<LoadSession.Result> load = CompletableFuture.supplyAsync(() -> UnderLoad.run(session));
        int before = operations().size();
        setWidth(2);
        await(
                "an operation under way",
                ScalingIT::operations,
                all -> all.size() > before
                        && phase(all.getLast()) != null
                        && List.of(Phase.Staging, Phase.Warming, Phase.Committing, Phase.Reclaiming)
                                .contains(phase(all.getLast())));
        Phase killedIn = phase(operations().getLast());
        long pid = UnderLoad.operatorPid(cluster);
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        List<ScaleOperation> all = await(
                "the operation's end under the next operator",
                ScalingIT::operations,
                seen -> UnderLoad.operatorPid(cluster) != pid && seen.size() > before && ended(seen));
        System.out.println("operator killed in " + killedIn + ", the operation ended as " + phase(all.getLast()));
        await("width 2", ScalingIT::status, s -> Integer.valueOf(2).equals(s.effectiveWidth()));
        session.finish();
        LoadSession.Result result = load.get(LIMIT.toSeconds(), TimeUnit.SECONDS);

        assertThat(phase(all.getLast())).isIn(Phase.Succeeded, Phase.RolledBack);
        assertThat(result.records()).filteredOn(r -> r.problem() != null).isEmpty();
        assertThat(result.summary().clean()).isTrue();
        passed = true;
    }

    private static LoadSession session(double requestsPerSecond) throws StartupException {
        return UnderLoad.session(cluster, model, requestsPerSecond);
    }

    /** Sets the width as {@code kubectl patch} does: names no resource version, so the operator's own writes cannot be in its way. */
    private static void setWidth(int width) {
        cluster.client()
                .resources(MoEDeployment.class)
                .inNamespace("default")
                .withName(DemoDeployment.NAME)
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"width\":" + width + "}}");
    }

    private static MoEDeploymentStatus status() {
        return cluster.client()
                .resources(MoEDeployment.class)
                .inNamespace("default")
                .withName(DemoDeployment.NAME)
                .get()
                .getStatus();
    }

    private static List<ScaleOperation> operations() {
        List<ScaleOperation> all = new ArrayList<>(cluster.client()
                .resources(ScaleOperation.class)
                .inNamespace("default")
                .list()
                .getItems());
        all.sort(Comparator.comparing(
                (ScaleOperation o) -> Long.valueOf(o.getMetadata().getName().replaceAll("\\D", ""))));
        return all;
    }

    private static Phase phase(ScaleOperation operation) {
        return operation.getStatus() == null ? null : operation.getStatus().phase();
    }

    private static boolean ended(List<ScaleOperation> all) {
        return all.stream().allMatch(o -> phase(o) != null && phase(o).ended());
    }

    private static <T> T await(String what, Supplier<T> now, Predicate<T> until) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            T seen = now.get();
            if (seen != null && until.test(seen)) {
                return seen;
            }
            assertThat(System.nanoTime())
                    .as("waiting for " + what + ", last seen: " + seen)
                    .isLessThan(deadline);
            Thread.sleep(50);
        }
    }
}
