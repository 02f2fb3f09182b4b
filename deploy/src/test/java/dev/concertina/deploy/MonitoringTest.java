package dev.concertina.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import dev.concertina.crds.ConditionReason;
import dev.concertina.observe.Metric;
import dev.concertina.observe.Metrics;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Alerts, dashboard, runbook and the metrics there are: they name each other, and Prometheus itself reads them. */
class MonitoringTest {
    private static final Path FOLDER = Helm.CHART.resolve("monitoring");
    private static final Path RUNBOOK = Path.of("../docs/runbook.md");
    private static final Pattern NAME = Pattern.compile("concertina_[a-z_]+");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    @Test
    void alertsFireWhenTheyShouldAndNotOtherwise() throws Exception {
        Process process = new ProcessBuilder(program("promtool"), "test", "rules", "alerts-test.yaml")
                .directory(FOLDER.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        JsonNode tests = yaml(FOLDER.resolve("alerts-test.yaml")).path("tests");
        for (String alert : alerts()) {
            List<Integer> fired = new ArrayList<>();
            tests.forEach(test -> test.path("alert_rule_test").forEach(expected -> {
                if (expected.path("alertname").asText().equals(alert)) {
                    fired.add(expected.path("exp_alerts").size());
                }
            }));
            assertThat(fired).as("%s is tested both ways", alert).containsExactlyInAnyOrder(1, 0);
        }
    }

    @Test
    void everyAlertAndEveryConditionReasonHasASectionInTheRunbook() throws IOException {
        List<String> sections = Files.readString(RUNBOOK)
                .lines()
                .filter(line -> line.startsWith("### "))
                .map(line -> line.substring("### ".length()))
                .toList();
        assertThat(sections).doesNotHaveDuplicates();
        Set<String> wanted = new TreeSet<>(alerts());
        Stream.of(ConditionReason.values()).map(Enum::name).forEach(wanted::add);
        assertThat(new TreeSet<>(sections)).isEqualTo(wanted);
        String text = Files.readString(RUNBOOK);
        for (String section : wanted) {
            String body = text.substring(text.indexOf("### " + section + "\n"));
            int next = body.indexOf("\n#", 1);
            body = next < 0 ? body : body.substring(0, next);
            assertThat(body).as(section).contains("*Means:*").contains("*Do:*");
        }
    }

    @Test
    void alertsAndDashboardNameOnlyMetricsThereAre() throws IOException {
        Set<String> known = new TreeSet<>();
        for (Metric metric : Metric.values()) {
            known.add(metric.metricName());
            if (metric.kind() == Metric.Kind.HISTOGRAM) {
                Stream.of("_bucket", "_count", "_sum", "_max").forEach(part -> known.add(metric.metricName() + part));
            }
        }
        assertThat(known).containsAll(named());
    }

    /** All metrics there are, as a process shows them, to a real Prometheus: each expression of dashboard and alerts finds its series. */
    @Test
    void prometheusFindsAllThatIsNamed() throws Exception {
        String prometheus = program("prometheus");
        HttpServer target = target();
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        Files.writeString(folder.resolve("prometheus.yml"), """
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                rule_files: [%s]
                scrape_configs:
                  - job_name: concertina
                    static_configs: [{targets: ['127.0.0.1:%d']}]
                """.formatted(
                        FOLDER.resolve("alerts.yaml").toAbsolutePath(),
                        target.getAddress().getPort()));
        Process process = new ProcessBuilder(
                        prometheus,
                        "--config.file=" + folder.resolve("prometheus.yml"),
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port,
                        "--enable-feature=exemplar-storage")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("prometheus.log").toFile())
                .start();
        try (HttpClient http = HttpClient.newHttpClient()) {
            for (String name : named()) {
                awaitSeries(http, port, name);
            }
            List<String> rules = new ArrayList<>();
            get(http, port, "/api/v1/rules")
                    .path("data")
                    .path("groups")
                    .forEach(group -> group.path("rules").forEach(rule -> {
                        assertThat(rule.path("lastError").asText("")).isEmpty();
                        rules.add(rule.path("name").asText());
                    }));
            assertThat(rules).containsExactlyInAnyOrderElementsOf(alerts());
        } finally {
            process.destroy();
            process.waitFor();
            target.stop(0);
        }
    }

    private static void awaitSeries(HttpClient http, int port, String name) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                JsonNode found =
                        get(http, port, "/api/v1/query?query=" + URLEncoder.encode(name, StandardCharsets.UTF_8));
                if (found.path("data").path("result").size() > 0) {
                    return;
                }
            } catch (IOException e) {
                // it is starting
            }
            assertThat(System.nanoTime()).as("Prometheus knows no %s", name).isLessThan(deadline);
            Thread.sleep(100);
        }
    }

    private static HttpServer target() throws IOException {
        Metrics metrics = new Metrics();
        for (Metric metric : Metric.values()) {
            String[] labels = metric.labels().stream().map(label -> "a").toArray(String[]::new);
            switch (metric.kind()) {
                case COUNTER -> metrics.count(metric, 1, labels);
                case GAUGE -> metrics.set(metric, 1, labels);
                case HISTOGRAM -> metrics.observe(metric, Duration.ofMillis(20), labels);
            }
        }
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/metrics", metrics::answer);
        server.start();
        return server;
    }

    private static JsonNode get(HttpClient http, int port, String path) throws IOException, InterruptedException {
        return Serialization.jsonMapper()
                .readTree(http.send(
                                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body());
    }

    @Test
    void theChartMakesMonitorsAndRulesOnlyWhenAsked() throws Exception {
        Helm helm = Helm.required();
        assertThat(helm.template()).noneMatch(object -> "PodMonitor".equals(object.get("kind")));
        List<Map<String, Object>> objects =
                helm.template("monitoring.enabled=true", "workloadNamespaces={band-a}", "monitoring.labels.release=p");
        Map<String, List<Map<String, Object>>> kinds =
                objects.stream().collect(Collectors.groupingBy(object -> String.valueOf(object.get("kind"))));
        assertThat(kinds.get("PodMonitor"))
                .hasSize(5)
                .allSatisfy(monitor -> assertThat(monitor.toString())
                        .contains("release=p")
                        .contains("credentials={key=token, name=band-token}"));
        assertThat(Serialization.jsonMapper()
                        .valueToTree(kinds.get("PrometheusRule").getFirst())
                        .path("spec"))
                .isEqualTo(yaml(FOLDER.resolve("alerts.yaml")));
        assertThat(kinds.get("ConfigMap").toString()).contains("\"uid\": \"concertina\"");
    }

    private static Set<String> named() throws IOException {
        Set<String> names = new TreeSet<>();
        for (String file : List.of("alerts.yaml", "dashboard.json")) {
            NAME.matcher(Files.readString(FOLDER.resolve(file))).results().forEach(match -> names.add(match.group()));
        }
        assertThat(names).hasSizeGreaterThan(30);
        return names;
    }

    private static Set<String> alerts() throws IOException {
        Set<String> alerts = new TreeSet<>();
        yaml(FOLDER.resolve("alerts.yaml"))
                .path("groups")
                .forEach(group -> group.path("rules").forEach(rule -> {
                    String alert = rule.path("alert").asText();
                    alerts.add(alert);
                    assertThat(rule.path("annotations").path("runbook").asText())
                            .isEqualTo("docs/runbook.md#" + alert.toLowerCase(Locale.ROOT));
                }));
        assertThat(alerts).isNotEmpty();
        return alerts;
    }

    private static JsonNode yaml(Path file) throws IOException {
        return Serialization.yamlMapper().readTree(Files.readString(file));
    }

    private static String program(String name) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .map(directory -> Path.of(directory).resolve(name))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Path::toString)
                .orElseGet(() -> {
                    String reason = name + " is not on the PATH; Debian's package prometheus has it";
                    System.out.println("skipped: " + reason);
                    return abort(reason);
                });
    }
}
