package dev.concertina.e2e.local;

import dev.concertina.e2e.kubelet.Program;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The images of the local cluster: names as the chart uses them, each standing for a module's build result on this machine. */
final class Images {
    static final String OPERATOR = "concertina-operator";
    static final String GATEWAY = "concertina-gateway";
    static final String WORKER = "concertina-worker";
    static final String MEMORY_MANAGER = "concertina-memory-manager";
    static final String KEEPER_MAIN = "dev.concertina.memory.KeeperMain";
    static final String AGENT_MAIN = "dev.concertina.memory.AgentMain";
    static final List<String> MODULES = List.of("memory-manager", "worker", "gateway", "operator", "e2e");

    private static final List<String> COMMON = List.of(
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            // the launcher ends its children itself
            "-Xshare:auto");
    /** Short-lived compilation for processes that do little. */
    private static final String QUICK = "-XX:TieredStopAtLevel=1";

    private Images() {}

    /** Programs by image, or by image and first argument where one image holds several. */
    static Map<String, Program> programs(Path home) {
        Path memory = home.resolve("memory-manager/target");
        String memoryArtifact = "concertina-memory-manager";
        return Map.of(
                MEMORY_MANAGER + " " + KEEPER_MAIN,
                Program.ofModule(memory, memoryArtifact, KEEPER_MAIN, jvm("64m", QUICK)),
                MEMORY_MANAGER + " " + AGENT_MAIN,
                Program.ofModule(memory, memoryArtifact, AGENT_MAIN, jvm("192m", QUICK)),
                WORKER,
                Program.ofModule(
                        home.resolve("worker/target"),
                        "concertina-worker",
                        "dev.concertina.worker.WorkerMain",
                        jvm("256m")),
                GATEWAY,
                Program.ofModule(
                        home.resolve("gateway/target"),
                        "concertina-gateway",
                        "dev.concertina.gateway.GatewayMain",
                        jvm("256m")),
                OPERATOR,
                new Program(
                        jvm("320m"),
                        List.of(
                                "-jar",
                                home.resolve("operator/target/quarkus-app/quarkus-run.jar")
                                        .toString())));
    }

    /** The broker, which is no pod here: users bring their own. */
    static Program kafka(Path home) {
        return Program.ofModule(
                home.resolve("e2e/target"), "concertina-e2e", "dev.concertina.e2e.kafka.KafkaMain", jvm("256m", QUICK));
    }

    private static List<String> jvm(String heap, String... more) {
        List<String> flags = new ArrayList<>(COMMON);
        flags.add("-Xmx" + heap);
        flags.addAll(List.of(more));
        return flags;
    }
}
