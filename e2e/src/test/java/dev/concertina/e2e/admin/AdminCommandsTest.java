package dev.concertina.e2e.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What each verb asks for, and how the answer is printed. */
class AdminCommandsTest {
    @Command(name = "concertina", mixinStandardHelpOptions = true)
    static final class Root {}

    private static final String DEPLOYMENT = """
            {"namespace": "default", "name": "m", "mode": "Auto", "width": 3, "effectiveWidth": 2, "paused": false, "epoch": 7}""";

    @TempDir
    Path folder;

    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private String out;
    private String err;

    @BeforeEach
    void start() throws IOException {
        Files.writeString(folder.resolve("token"), "secret\n");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String call = exchange.getRequestMethod() + " " + exchange.getRequestURI();
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        asked.add(body.isEmpty() ? call : call + " " + body);
        boolean known = "Bearer secret".equals(exchange.getRequestHeaders().getFirst("Authorization"));
        String text = answers.get(call);
        int status = !known ? 401 : text == null ? 404 : 200;
        byte[] bytes = (status == 200 ? text : "{\"detail\": \"refused with " + status + "\"}")
                .getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private int run(String... arguments) {
        StringWriter o = new StringWriter();
        StringWriter e = new StringWriter();
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        if (!all.contains("--help") && !arguments[0].equals("completion")) {
            all.addAll(List.of(
                    "--server",
                    "http://127.0.0.1:" + server.getAddress().getPort(),
                    "--token-file",
                    folder.resolve("token").toString()));
        }
        int code = AdminCommands.addTo(new CommandLine(new Root()))
                .setOut(new PrintWriter(o))
                .setErr(new PrintWriter(e))
                .execute(all.toArray(String[]::new));
        out = o.toString();
        err = e.toString();
        return code;
    }

    @Test
    void deploymentsAsTableJsonAndYaml() {
        answers.put("GET /api/v1/deployments", "[" + DEPLOYMENT + "]");
        assertThat(run("get")).isZero();
        assertThat(out.lines().toList())
                .containsExactly(
                        "NAMESPACE   NAME   MODE   WIDTH   EFFECTIVE   PAUSED   EPOCH   OPERATION",
                        "default     m      Auto   3       2           false    7       -");
        assertThat(run("get", "-o", "json")).isZero();
        assertThat(out).contains("\"effectiveWidth\" : 2");
        assertThat(run("get", "-o", "yaml")).isZero();
        assertThat(out).contains("effectiveWidth: 2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "scale m --width 3 | PUT /api/v1/deployments/default/m/scale | {\"width\":3}",
                "pause m -n team | POST /api/v1/deployments/team/m/pause | ''",
                "resume m | POST /api/v1/deployments/default/m/resume | ''",
                "approve m --decision T | POST /api/v1/deployments/default/m/approve | {\"decision\":\"T\"}",
                "rollback m | POST /api/v1/deployments/default/m/rollback | {\"to\":\"width\"}",
                "rollback m --to placement --placement p | POST /api/v1/deployments/default/m/rollback | {\"to\":\"placement\",\"placement\":\"p\"}"
            })
    void aChangeIsOneCall(String arguments, String call, String body) {
        answers.put(call, DEPLOYMENT);
        assertThat(run(arguments.split(" "))).as(err).isZero();
        assertThat(asked).containsExactly(body.isEmpty() ? call : call + " " + body);
        assertThat(out).contains("EFFECTIVE");
    }

    @Test
    void theOperationUnderWayIsCancelled() {
        answers.put("GET /api/v1/deployments/default/m", "{\"activeOperation\": \"m-op3\"}");
        answers.put(
                "POST /api/v1/deployments/default/m/operations/m-op3/cancel",
                "{\"name\": \"m-op3\", \"fromWidth\": 1, \"toWidth\": 2, \"phase\": \"Staging\"}");
        assertThat(run("cancel", "m")).isZero();
        assertThat(out).contains("m-op3", "Staging");
    }

    @Test
    void whatIfSaysWhatItWouldTake() {
        answers.put("POST /api/v1/deployments/default/m/what-if", """
                {"effectiveWidth": 1, "width": 3, "chosenWidth": 2, "slo": {"attainment": 0.99, "objective": 0.95, "met": true},
                 "candidates": [{"width": 3, "attainment": 0.99, "utilization": 0.4, "verdict": "chosen"}],
                 "placement": {"imbalance": 1.02, "expertsMoved": 12},
                 "transition": {"possible": true, "bytesKept": 1, "bytesCopied": 2097152, "bytesLoaded": 0, "seconds": 2.5, "secondsFrom": "3 operation(s)"}}""");
        assertThat(run("what-if", "m", "--width", "3", "--rate", "5", "--prompt", "60", "--generated", "40"))
                .as(err)
                .isZero();
        assertThat(asked)
                .containsExactly(
                        "POST /api/v1/deployments/default/m/what-if {\"width\":3,\"load\":{\"requestsPerSecond\":5.0,\"promptTokens\":60.0,\"generatedTokens\":40.0}}");
        assertThat(out).contains("2.0 MiB copied", "2.500", "met.", "12 experts move");
    }

    @Test
    void decisionsReplayAndAgentsHaveTables() {
        answers.put("GET /api/v1/deployments/default/m/decisions?limit=20&changes=false", """
                [{"time": "T", "widthBefore": 1, "width": 2, "applied": true, "reasons": ["a", "b"],
                  "candidates": [{"width": 1, "attainment": 0.1, "utilization": 2.0, "verdict": "too small"}]}]""");
        assertThat(run("decisions", "m")).isZero();
        assertThat(out).contains("a; b", "too small");
        answers.put("POST /api/v1/deployments/default/m/replay", """
                {"from": "A", "to": "B", "decisions": 9, "rankSecondsThen": 5.0, "rankSecondsReplayed": 7.5, "changesThen": 1,
                 "changesReplayed": 2, "note": "n", "points": [{"time": "T", "servedThen": 1, "decidedThen": 1, "served": 1, "decided": 3, "reasons": ["why"]}]}""");
        assertThat(run("replay", "m", "--min-width", "3")).isZero();
        assertThat(out).contains("why", "7.500", "9 decisions");
        assertThat(asked.getLast()).endsWith("{\"scaling\":{\"minWidth\":3},\"slo\":{}}");
        answers.put("GET /api/v1/agents", """
                [{"address": "x", "node": "n1", "devices": [{"device": 0, "capacityBytes": 1073741824, "usedBytes": 1024, "peakBytes": 2048}],
                  "members": [{"deployment": "default/m", "rank": 0, "device": 0, "live": true}]}]""");
        assertThat(run("get", "agents")).isZero();
        assertThat(out).contains("1.0 GiB", "default/m:0");
    }

    @Test
    void eventsAreLines() {
        answers.put(
                "GET /api/v1/deployments/default/m/events",
                "event:operation\ndata:{\"type\": \"operation\", \"namespace\": \"default\", \"name\": \"m-op3\", \"object\": {\"fromWidth\": 1, \"toWidth\": 2, \"phase\": \"Staging\"}}\n\n");
        assertThat(run("watch", "m")).isEqualTo(1);
        assertThat(out).contains("operation  default/m-op3  1 -> 2 Staging");
        assertThat(err).contains("ended the stream");
    }

    @Test
    void aRefusalIsOneSentenceAndCodeOne() throws IOException {
        assertThat(run("get", "operations", "m")).isEqualTo(1);
        assertThat(err.strip()).isEqualTo("concertina: refused with 404");
        Files.writeString(folder.resolve("token"), "wrong");
        assertThat(run("pause", "m")).isEqualTo(1);
        assertThat(err).contains("refused with 401");
    }

    @Test
    void whatCannotBeAskedIsCodeTwo() {
        server.stop(0);
        assertThat(run("get")).isEqualTo(2);
        assertThat(err).contains("no answer from http://127.0.0.1");
        assertThat(run("get", "operations")).isEqualTo(2);
        assertThat(err).contains("name the deployment");
        assertThat(run("scale", "m")).isEqualTo(2);
        assertThat(err).contains("--width");
        assertThat(run("what-if", "m", "--rate", "5")).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "get",
                "decisions",
                "scale",
                "pause",
                "resume",
                "approve",
                "cancel",
                "rollback",
                "what-if",
                "replay",
                "watch",
                "completion"
            })
    void everyVerbHasHelp(String verb) {
        assertThat(run(verb, "--help")).isZero();
        assertThat(out).contains("Usage: concertina " + verb);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bash", "zsh"})
    void completionIsAScriptThatItsShellReads(String shell) throws Exception {
        assertThat(run("completion", shell)).isZero();
        assertThat(out).contains("what-if", "complete -F");
        Path script = Files.writeString(folder.resolve("completion"), out);
        if (shell.equals("bash")) {
            Process bash = new ProcessBuilder("bash", "-c", "source " + script + " && complete -p concertina")
                    .redirectErrorStream(true)
                    .start();
            String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(bash.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(bash.exitValue()).as(said).isZero();
        }
    }
}
