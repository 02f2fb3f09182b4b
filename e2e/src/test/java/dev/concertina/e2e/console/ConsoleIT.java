package dev.concertina.e2e.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.e2e.cli.DemoDeployment;
import dev.concertina.e2e.cli.FirstRequest;
import dev.concertina.e2e.local.LocalCluster;
import dev.concertina.e2e.local.LocalSettings;
import dev.concertina.e2e.local.UnderLoad;
import dev.concertina.e2e.session.LoadSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The web console: the bundle that is committed is what its sources make, and it works in a real browser against a real operator. Needs npm with
 * its registry; the browser test a Chromium too (named by {@code CHROMIUM}, or on the path).
 */
class ConsoleIT {
    private static final Path SOURCES = Path.of("../operator/src/main/console");
    private static final Path BUNDLE = Path.of("../operator/src/main/resources/META-INF/resources/console");
    private static final Path WORK = Path.of("target/console").toAbsolutePath();

    @BeforeAll
    static void install() throws Exception {
        need(found("npm") != null, "npm is not on the path");
        copySources();
        Path log = WORK.resolve("npm-ci.log");
        boolean installed = run(Map.of(), log, 240, "npm", "ci", "--no-audit", "--no-fund") == 0;
        need(installed, "npm ci did not work: " + (Files.exists(log) ? Files.readString(log) : ""));
    }

    private static void need(boolean there, String otherwise) {
        if (!there) {
            System.out.println("console not tested: " + otherwise);
        }
        Assumptions.assumeTrue(there, otherwise);
    }

    /** To a folder of this build: what npm installs does not belong among the sources. */
    private static void copySources() throws IOException {
        try (Stream<Path> all = Files.walk(SOURCES)) {
            for (Path from : all.filter(path -> !path.toString().contains("node_modules")
                            && !path.toString().contains("test-results"))
                    .toList()) {
                Path to = WORK.resolve(SOURCES.relativize(from).toString());
                if (Files.isDirectory(from)) {
                    Files.createDirectories(to);
                } else {
                    Files.write(to, Files.readAllBytes(from));
                }
            }
        }
    }

    @Test
    void theCommittedBundleIsWhatTheSourcesMake() throws Exception {
        Path log = WORK.resolve("build.log");
        assertThat(run(Map.of(), log, 120, "npm", "run", "check"))
                .as(Files.readString(log))
                .isZero();
        Path made = WORK.resolve("made");
        assertThat(run(Map.of(), log, 120, "npm", "run", "build", "--", "--outDir", made.toString()))
                .as(Files.readString(log))
                .isZero();
        assertThat(files(BUNDLE))
                .as("run 'npm ci && npm run build' in operator/src/main/console and commit what it makes")
                .isEqualTo(files(made));
    }

    private static Map<String, String> files(Path folder) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(folder.relativize(file).toString(), Files.readString(file));
            }
        }
        return files;
    }

    @Test
    void worksInARealBrowserAgainstARunningOperator() throws Exception {
        need(
                "true".equals(System.getenv("CONCERTINA_BROWSER_TESTS")),
                "driving a browser takes minutes and a core of its own: CONCERTINA_BROWSER_TESTS=true does it");
        String chromium = chromium();
        need(chromium != null, "no Chromium: name one with CHROMIUM, or install Debian's chromium");
        need(System.getProperty("os.name").startsWith("Linux"), "memory files and 127.0.0.0/8 need Linux");
        LocalSettings settings = LocalSettings.of(Path.of(".."), Path.of("../deploy/models/shakespeare-moe"));
        var deployment = DemoDeployment.of(
                "default", settings.modelDir(), MoEDeploymentSpec.Mode.Advisory, 1, 4, "step=4ms,token=400us");
        try (LocalCluster cluster =
                LocalCluster.start(settings, List.of(deployment), System.out::println, InstantSource.system())) {
            FirstRequest.serve(cluster, DemoDeployment.NAME, System.out::println);
            LoadSession session = UnderLoad.session(cluster, settings.modelDir(), 1);
            CompletableFuture<LoadSession.Result> load = CompletableFuture.supplyAsync(() -> UnderLoad.run(session));
            Path log = WORK.resolve("browser.log");
            Map<String, String> environment = Map.of(
                    "CHROMIUM", chromium,
                    "CONCERTINA_ADMIN_URL", cluster.adminUrl(),
                    "CONCERTINA_ADMIN_TOKEN_FILE", cluster.adminToken().toString(),
                    "CONCERTINA_VIEW_TOKEN_FILE", cluster.viewToken().toString(),
                    "CONCERTINA_DEPLOYMENT", DemoDeployment.NAME,
                    "CONCERTINA_OPERATOR_PID", Long.toString(UnderLoad.operatorPid(cluster)));
            int code = run(environment, log, 1500, "npm", "test");
            System.out.println(Files.readString(log));
            assertThat(code).as("npm test, see %s", log).isZero();
            session.finish();
            LoadSession.Result result = load.get(120, TimeUnit.SECONDS);
            assertThat(result.records()).filteredOn(r -> r.problem() != null).isEmpty();
        }
    }

    private static String chromium() {
        String named = System.getenv("CHROMIUM");
        return named != null && !named.isBlank()
                ? named
                : Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(ConsoleIT::found)
                        .filter(path -> path != null)
                        .findFirst()
                        .orElse(null);
    }

    private static String found(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElse(null);
    }

    private static int run(Map<String, String> environment, Path log, long seconds, String... command)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(WORK.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .redirectInput(new java.io.File("/dev/null"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            if (process.waitFor(seconds, TimeUnit.SECONDS)) {
                return process.exitValue();
            }
            return -1;
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
