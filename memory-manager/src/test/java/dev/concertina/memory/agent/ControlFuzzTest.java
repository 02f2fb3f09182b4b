package dev.concertina.memory.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.concertina.memory.backend.BackendChoice;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.PosixBackend;
import dev.concertina.memory.client.ClientMessages.Operation;
import dev.concertina.memory.client.ClientMessages.Request;
import dev.concertina.memory.client.JoinRequest;
import dev.concertina.memory.client.KvCopy;
import dev.concertina.memory.client.MemoryClient;
import dev.concertina.memory.keeper.Keeper;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.UnixSockets;
import dev.concertina.memory.testing.Fuzz;
import dev.concertina.wire.Agents;
import dev.concertina.wire.ControlClient;
import dev.concertina.wire.Json;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Damaged commands with the right token: an agent answers or hangs up, and keeps what it has. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "memory files are Linux's")
class ControlFuzzTest {
    private static final String TOKEN = "Authorization: Bearer " + TestNode.SECRET + "\r\n";

    private final List<byte[]> requests = List.of(
            post(
                    "/v1/stage",
                    new Agents.Stage(
                            1,
                            "fuzz",
                            "fuzz/fuzz",
                            "/nowhere",
                            0,
                            4096,
                            List.of(new Agents.Step(ObjectId.expert(1, 2), new Agents.Source("127.0.0.1:1", 0))))),
            post("/v1/cancel", new Agents.Cancel(1, "fuzz", "fuzz/fuzz")),
            post("/v1/free", new Agents.Free(1, "fuzz/fuzz", 0, List.of(ObjectId.DENSE))),
            post("/v1/release", new Agents.Release(1, "fuzz/fuzz", 3)),
            ("GET /v1/stage?operation=fuzz&device=0 HTTP/1.1\r\nHost: x\r\n" + TOKEN + "\r\n")
                    .getBytes(StandardCharsets.US_ASCII),
            ("GET /v1/model?path=/nowhere HTTP/1.1\r\nHost: x\r\n" + TOKEN + "\r\n")
                    .getBytes(StandardCharsets.US_ASCII));

    private final List<byte[]> frames = Stream.of(
                    new Request(
                            Operation.JOIN,
                            new JoinRequest(TestNode.DEPLOYMENT, 0, "pod", "127.0.0.1:1", "127.0.0.1:2"),
                            null,
                            List.of(ObjectId.expert(2, 3)),
                            null,
                            null,
                            0),
                    Request.of(Operation.MODEL),
                    Request.of(Operation.ATTACH, List.of(ObjectId.expert(2, 3), ObjectId.KV)),
                    Request.of(Operation.DETACH, List.of(ObjectId.expert(2, 3))),
                    new Request(
                            Operation.COPY_KV,
                            null,
                            null,
                            null,
                            List.of(new KvCopy(1 << 30, 4096, 4096, 1)), // outside the pool: nobody is to be called
                            "127.0.0.1:1",
                            0))
            .map(Json::write)
            .toList();

    private byte[] twoFrames(Random random) {
        byte[] first = Fuzz.frame(frames.get(random.nextInt(frames.size())), random);
        byte[] second = Fuzz.frame(frames.get(random.nextInt(frames.size())), random);
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static byte[] post(String path, Object body) {
        String json = new String(Json.write(body), StandardCharsets.UTF_8);
        return ("POST " + path + " HTTP/1.1\r\nHost: x\r\n" + TOKEN + "Content-Length: " + json.length() + "\r\n\r\n"
                        + json)
                .getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void damagedCommandsChangeNothing() throws Exception {
        try (TestNode node = new TestNode("fuzz", 1, 64L << 20)) {
            node.staged("op", 0, 4L << 20, List.of(new Agents.Step(ObjectId.expert(2, 3), null)));
            List<Agents.Segment> before = node.state().segments();
            assertThat(before).hasSize(2);
            long fds = TestNode.fds(node.agent);
            damage(node.address(), String.valueOf(node.agent.pid()), Fuzz.casesThroughServers());
            assertThat(node.state().segments()).isEqualTo(before);
            assertThat(node.state().devices().getFirst().usedBytes())
                    .isEqualTo(before.stream()
                            .mapToLong(Agents.Segment::committedBytes)
                            .sum());
            TestNode.until("descriptors are given back", () -> TestNode.fds(node.agent) <= fds + 10);
        }
    }

    /** Sends so many, most of them on one connection. */
    private void damage(String agent, String pid, int cases) throws Exception {
        String[] address = agent.split(":");
        long before = Fuzz.descriptors(pid);
        Socket socket = new Socket(address[0], Integer.parseInt(address[1]));
        for (int seed = 0; seed < cases; seed++) {
            if (seed % 100 == 0) {
                Fuzz.awaitDescriptors(
                        pid, before + 1000); // connections that were broken off are closed when the server gets to them
            }
            Random random = new Random(seed);
            byte[] request = requests.get(random.nextInt(requests.size()));
            int body = new String(request, StandardCharsets.US_ASCII).indexOf("\r\n\r\n") + 4;
            try {
                if (random.nextInt(4) > 0 && body < request.length) { // the body only: the connection lives on
                    byte[] damaged = request.clone();
                    for (int change = 1 + random.nextInt(4); change > 0; change--) {
                        damaged[body + random.nextInt(request.length - body)] = (byte) random.nextInt(32, 127);
                    }
                    socket.getOutputStream().write(damaged);
                    status(socket);
                } else {
                    socket.getOutputStream().write(Fuzz.damaged(request, random));
                    socket.setSoLinger(true, 0);
                    socket.close();
                    socket = new Socket(address[0], Integer.parseInt(address[1]));
                }
            } catch (IOException e) {
                socket.close();
                socket = new Socket(address[0], Integer.parseInt(address[1]));
            }
        }
        socket.close();
    }

    /** Both kinds in one process, as many as there are to be; nothing but what was staged is there afterwards. */
    @Test
    void neitherChangesAnythingHoweverMany() throws Exception {
        Path folder = Files.createTempDirectory("ca");
        String host = "127.4." + ThreadLocalRandom.current().nextInt(1, 250) + ".7";
        AgentSettings settings = new AgentSettings(
                folder,
                "inline",
                host,
                AgentSettings.CONTROL_PORT,
                new BackendChoice.Posix(),
                1,
                64L << 20,
                List.of(TestNode.MODELS),
                Attestor.byKernel(),
                AllowList.everybody(),
                OptionalLong.empty());
        AtomicLong ids = new AtomicLong();
        int file = MemoryFiles.create("fuzz", 2 << 20);
        int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        PosixBackend memory = new PosixBackend(new Capacity(1, 64L << 20));
        Path path = folder.resolve("inline");
        int listening = UnixSockets.listen(path.toString());
        try (Keeper keeper = new Keeper(folder.resolve("keeper.sock"), memory, true, uid);
                Agent agent = Agent.start(
                        settings,
                        new Token(TestNode.SECRET),
                        InstantSource.system(),
                        () -> "id" + ids.getAndIncrement());
                ControlClient http = new ControlClient(new Token(TestNode.SECRET), TestNode.SHORT)) {
            stage(http, settings.address());
            Agents.State before = http.get(settings.address(), "/v1/state", Agents.State.class, TestNode.SHORT);
            assertThat(before.segments()).hasSize(2);
            long fds = Fuzz.descriptors("self");
            for (int seed = 0; seed < Fuzz.cases(); seed++) {
                Random random = new Random(seed);
                Fuzz.serve(listening, path, twoFrames(random), file, random, agent::serve);
            }
            Fuzz.awaitDescriptors("self", fds);
            damage(settings.address(), "self", Fuzz.cases());
            Agents.State after = http.get(settings.address(), "/v1/state", Agents.State.class, TestNode.SHORT);
            assertThat(after.segments()).isEqualTo(before.segments());
            assertThat(after.devices().getFirst().usedBytes())
                    .isEqualTo(before.devices().getFirst().usedBytes());
        } finally {
            MemoryFiles.close(file);
            MemoryFiles.close(listening);
            Files.deleteIfExists(path);
            Files.deleteIfExists(folder);
        }
    }

    private static void stage(ControlClient http, String agent) throws Exception {
        Agents.Stage stage = new Agents.Stage(
                1,
                "op",
                TestNode.DEPLOYMENT,
                TestNode.MODEL,
                0,
                4L << 20,
                List.of(new Agents.Step(ObjectId.expert(2, 3), null)));
        http.post(agent, "/v1/stage", stage, Agents.StageStatus.class, TestNode.SHORT);
        TestNode.until(
                "it is staged",
                () -> http.get(
                                        agent,
                                        "/v1/stage?operation=op&device=0&waitMillis=1000",
                                        Agents.StageStatus.class,
                                        TestNode.SHORT)
                                .state()
                        == Agents.StageState.DONE);
    }

    /** The same on the socket of engines, with descriptors that nobody asked for. */
    @Test
    void damagedFramesOfClientsChangeNothing() throws Exception {
        int file = MemoryFiles.create("fuzz", 2 << 20);
        try (TestNode node = new TestNode("frames", 1, 64L << 20)) {
            node.staged("op", 0, 4L << 20, List.of(new Agents.Step(ObjectId.expert(2, 3), null)));
            node.join(0).close(); // the device is taken: whoever else joins is refused
            TestNode.until(
                    "the connection's end is seen",
                    () -> node.state().members().stream().noneMatch(Agents.Member::live));
            List<Agents.Segment> before = node.state().segments();
            String agent = String.valueOf(node.agent.pid());
            long fds = Fuzz.descriptors(agent);
            for (int seed = 0; seed < Fuzz.casesThroughServers(); seed++) {
                Random random = new Random(seed);
                Fuzz.send(node.socket(), twoFrames(random), file, random);
                if (seed % 100 == 0) {
                    Fuzz.awaitDescriptors(agent, fds + 100);
                }
            }
            TestNode.until(
                    "leases and descriptors are given back",
                    () -> node.state().segments().equals(before) && Fuzz.descriptors(agent) <= fds + 2);
            try (MemoryClient client = node.join(0)) {
                assertThat(client.attach(Set.of(ObjectId.expert(2, 3)))).hasSize(1);
            }
        } finally {
            MemoryFiles.close(file);
        }
    }

    /** Reads one answer; a server error is a bug. */
    private static void status(Socket socket) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                throw new IOException("hung up");
            }
            head.append((char) next);
        }
        assertThat(head.toString()).doesNotStartWith("HTTP/1.1 500");
        int at = head.toString().toLowerCase(java.util.Locale.ROOT).indexOf("content-length: ") + 16;
        int bytes = Integer.parseInt(head.substring(at, head.indexOf("\r", at)));
        socket.getInputStream().readNBytes(bytes);
    }
}
