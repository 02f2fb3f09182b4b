package dev.concertina.memory.mover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.concertina.memory.kv.KvClaim;
import dev.concertina.memory.kv.KvTable;
import dev.concertina.memory.testing.FaultyPeer;
import dev.concertina.memory.testing.FaultyPeer.Fault;
import dev.concertina.memory.testing.Fuzz;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.Json;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Token;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The transport against a real server, and against peers that send badly. */
class TransportTest {
    private static final ObjectId EXPERT = ObjectId.expert(1, 2);
    private static final long PAGE = 4096;

    @TempDir
    static Path folder;

    private final byte[] object = new byte[(3 << 20) + 17];
    private final Token token = new Token("0123456789abcdef-test");
    private final Bandwidth bandwidth = new Bandwidth(OptionalLong.empty());
    private final MemorySegment pool = Arena.ofAuto().allocate(1 << 20, 64);
    private final KvTable table = KvTable.of(pool, PAGE, 16, 1);
    private final MemorySegment target = Arena.ofAuto().allocate(object.length, 64);
    private final AtomicLong progress = new AtomicLong();
    private final Download download = new Download(target, progress::addAndGet);
    private TransferServer server;
    private TcpTransport transport;

    @BeforeEach
    void start() throws IOException {
        new Random(1).nextBytes(object);
        Path file = Files.write(folder.resolve("object"), object);
        CRC32C crc = new CRC32C();
        crc.update(object);
        server = new TransferServer(
                new InetSocketAddress("127.0.0.1", 0),
                token,
                bandwidth,
                (deployment, id, device) -> {
                    if (!id.equals(EXPERT)) {
                        throw new ControlException(404, "there is no " + id);
                    }
                    return Payload.of(FileChannel.open(file), object.length, crc.getValue());
                },
                (deployment, device, owner, pageBytes, offsets) -> reception(owner, pageBytes, offsets));
        transport = new TcpTransport(token, bandwidth, Duration.ofMillis(400));
    }

    private TransferServer.KvReception reception(long owner, long pageBytes, List<Long> offsets) {
        KvClaim claim = KvClaim.take(pool, offsets, pageBytes, owner);
        return new TransferServer.KvReception() {
            @Override
            public MemorySegment page(int index) {
                return claim.page(index);
            }

            @Override
            public void publish() {
                claim.publish();
            }

            @Override
            public void close() {
                claim.close();
            }
        };
    }

    @AfterEach
    void stop() throws IOException {
        transport.close();
        server.close();
    }

    private String address() {
        return "127.0.0.1:" + (server.port() - 1);
    }

    private static Replica of(String address) {
        return new Replica(address, "ns/d", EXPERT, 0);
    }

    private void fetch(String address) throws IOException {
        transport.fetch(of(address), download, () -> false);
    }

    private void expectWhole() {
        assertThat(download.whole()).isTrue();
        assertThat(target.mismatch(MemorySegment.ofArray(object))).isEqualTo(-1);
        assertThat(progress.get()).isEqualTo(object.length);
    }

    @Test
    void fetchesAndUsesConnectionsAgain() throws Exception {
        fetch(address());
        expectWhole();
        for (int i = 0; i < 3; i++) {
            Download again = new Download(target.fill((byte) 0), bytes -> {});
            transport.fetch(of(address()), again, () -> false);
            assertThat(again.crc32c()).isEqualTo(download.crc32c());
            assertThat(target.mismatch(MemorySegment.ofArray(object))).isEqualTo(-1);
        }
    }

    @Test
    void goesOnWhereItStoppedFromAnyReplica() throws Exception {
        try (FaultyPeer first = new FaultyPeer(object, Fault.END_HALF_WAY, Fault.STALL_HALF_WAY);
                FaultyPeer second = new FaultyPeer(object, Fault.NONE)) {
            assertThatThrownBy(() -> fetch(first.address())).hasMessageContaining("ended the connection early");
            long half = object.length / 2;
            assertThat(download.received()).isEqualTo(half);
            assertThatThrownBy(() -> fetch(first.address())).hasMessageContaining("stalled: nothing moved");
            fetch(second.address());
            expectWhole();
            assertThat(first.asked).containsExactly(0L, half);
            assertThat(second.asked).containsExactly(half + (object.length - half) / 2);
        }
    }

    @Test
    void whatIsCorruptedStartsAnew() throws Exception {
        try (FaultyPeer peer = new FaultyPeer(object, Fault.END_HALF_WAY, Fault.FLIP_A_BIT, Fault.NONE)) {
            assertThatThrownBy(() -> fetch(peer.address())).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> fetch(peer.address())).hasMessageContaining("was corrupted on the way");
            assertThat(progress.get()).isZero();
            assertThatThrownBy(download::crc32c).isInstanceOf(IllegalStateException.class);
            fetch(peer.address());
            expectWhole();
            assertThat(peer.asked).containsExactly(0L, (long) object.length / 2, 0L);
        }
    }

    @Test
    void aReplicaThatDiffersIsNotContinued() throws Exception {
        byte[] other = object.clone();
        other[7]++;
        try (FaultyPeer first = new FaultyPeer(other, Fault.END_HALF_WAY)) {
            assertThatThrownBy(() -> fetch(first.address())).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> fetch(address())).hasMessageContaining("differs from the replica asked before");
            fetch(address());
            expectWhole();
        }
    }

    @Test
    void badAnswersAreOneSentence() throws Exception {
        try (FaultyPeer peer =
                new FaultyPeer(object, Fault.ANNOUNCE_LESS, Fault.REFUSE, Fault.TALK_NONSENSE, Fault.HANG_UP)) {
            assertThatThrownBy(() -> fetch(peer.address())).hasMessageContaining("are expected");
            assertThatThrownBy(() -> fetch(peer.address()))
                    .isInstanceOfSatisfying(
                            ControlException.class, e -> assertThat(e.status()).isEqualTo(404))
                    .hasMessageContaining("it is gone");
            assertThatThrownBy(() -> fetch(peer.address())).hasMessageContaining("at most 16384 are allowed");
            assertThatThrownBy(() -> fetch(peer.address())).hasMessageContaining("ended the connection early");
        }
        assertThatThrownBy(() -> fetch("127.0.0.1:1")).hasMessageContaining("no agent answers");
        assertThatThrownBy(() -> fetch("nowhere")).hasMessageContaining("is no agent's address");
        try (TcpTransport stranger = new TcpTransport(new Token("another-token-for-this"), bandwidth)) {
            assertThatThrownBy(() -> stranger.fetch(of(address()), download, () -> false))
                    .isInstanceOfSatisfying(
                            ControlException.class, e -> assertThat(e.status()).isEqualTo(401));
        }
        Replica none = new Replica(address(), "ns/d", ObjectId.DENSE, 0);
        assertThatThrownBy(() -> transport.fetch(none, download, () -> false))
                .hasMessageContaining("there is no dense");
        fetch(address()); // the same connection, after a refusal
        expectWhole();
    }

    @Test
    void cancellingEndsAWait() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        TcpTransport patient = new TcpTransport(token, bandwidth, Duration.ofMinutes(5));
        try (patient;
                FaultyPeer peer = new FaultyPeer(object, Fault.STALL_HALF_WAY)) {
            CompletableFuture<Void> fetching = CompletableFuture.runAsync(() -> {
                try {
                    patient.fetch(of(peer.address()), download, stop::get);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            peer.stalled.await();
            stop.set(true);
            assertThatThrownBy(() -> fetching.get(20, TimeUnit.SECONDS))
                    .hasRootCauseInstanceOf(CancellationException.class);
        }
    }

    private List<MemorySegment> pages(int count) {
        MemorySegment all = Arena.ofAuto().allocate(count * PAGE, 64);
        MemorySegment.copy(object, 0, all, ValueLayout.JAVA_BYTE, 0, (int) (count * PAGE));
        return java.util.stream.IntStream.range(0, count)
                .mapToObj(i -> all.asSlice(i * PAGE, PAGE))
                .toList();
    }

    @Test
    void pagesAreReadableWhenAllAreThere() throws Exception {
        for (int page = 0; page < 3; page++) {
            table.assign(page, 8, page, KvTable.State.RESERVED);
        }
        KvTarget to = new KvTarget(address(), "ns/d", 0, 8, PAGE, List.of(2 * PAGE, 0L));
        transport.sendKv(to, pages(2));
        assertThat(table.ready(0, 8) && table.ready(2, 8)).isTrue();
        assertThat(table.state(1)).isEqualTo(KvTable.State.RESERVED);
        assertThat(pool.asSlice(2 * PAGE, PAGE).mismatch(pages(1).getFirst())).isEqualTo(-1);
        assertThatThrownBy(() -> transport.sendKv(to, pages(2)))
                .isInstanceOfSatisfying(
                        ControlException.class, e -> assertThat(e.status()).isEqualTo(409));
        KvTarget none = new KvTarget(address(), "ns/d", 0, 8, PAGE, List.of());
        assertThatThrownBy(() -> transport.sendKv(none, List.of())).hasMessageContaining("between 1 and 4096");
    }

    private Socket asAgent(Object request) throws IOException {
        Socket socket = new Socket("127.0.0.1", server.port());
        message(socket, Map.of("version", Messages.VERSION, "authorization", token.authorization()));
        message(socket, request);
        return socket;
    }

    private static void message(Socket socket, Object message) throws IOException {
        byte[] json = Json.write(message);
        socket.getOutputStream()
                .write(ByteBuffer.allocate(4 + json.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(json.length)
                        .put(json)
                        .array());
    }

    private static void await(java.util.function.BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    /** A source that stalls in the middle holds its claim; whatever the engine does, nobody else's page is written. */
    @Test
    void aSourceThatStallsOrLiesLeavesPagesUnreadable() throws Exception {
        table.assign(5, 12, 0, KvTable.State.RESERVED);
        Object request = new Messages.Request(null, new Messages.Kv("ns/d", 0, 12, PAGE, List.of(5 * PAGE), 99));
        try (Socket stalled = asAgent(request)) {
            stalled.getOutputStream().write(object, 0, 1000);
            await(() -> table.state(5) == KvTable.State.WRITING);
            assertThat(table.free(5)).isFalse();
        }
        await(() -> table.state(5) == KvTable.State.RESERVED);
        try (Socket liar = asAgent(request)) {
            liar.getOutputStream().write(object, 0, (int) PAGE); // all of it, with another checksum
            assertThat(new String(liar.getInputStream().readNBytes(160), java.nio.charset.StandardCharsets.UTF_8))
                    .contains("corrupted on the way");
        }
        assertThat(table.state(5)).isEqualTo(KvTable.State.RESERVED);
        assertThat(table.free(5)).isTrue();
    }

    /** Whatever arrives on the data port, with the token or without. */
    @Test
    void randomBytesHarmNobody() throws Exception {
        byte[] hello = Json.write(Map.of("version", Messages.VERSION, "authorization", token.authorization()));
        byte[] fetch = Json.write(new Messages.Request(new Messages.Fetch("ns/d", EXPERT, 0, 5), null));
        byte[] kv = Json.write(new Messages.Request(null, new Messages.Kv("ns/d", 0, 12, PAGE, List.of(5 * PAGE), 99)));
        fetch(address());
        long before = Fuzz.descriptors("self");
        for (int seed = 0; seed < Fuzz.cases(); seed++) {
            Random random = new Random(seed);
            byte[] garbage = new byte[random.nextInt(64)];
            random.nextBytes(garbage);
            byte[] first = seed % 3 == 0 ? garbage : seed % 3 == 1 ? Fuzz.damaged(hello, random) : hello;
            byte[] second = Fuzz.damaged(random.nextBoolean() ? fetch : kv, random);
            try (Socket socket = new Socket("127.0.0.1", server.port())) {
                socket.setSoLinger(true, 0); // a million of them must not wait for their ports
                ByteBuffer bytes = ByteBuffer.allocate(first.length + second.length + 8)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(first.length)
                        .put(first)
                        .putInt(random.nextInt(50) == 0 ? random.nextInt() : second.length)
                        .put(second);
                socket.setSoTimeout(20_000);
                socket.getOutputStream().write(bytes.array());
                socket.shutdownOutput();
                socket.getInputStream()
                        .readAllBytes(); // one at a time, or the kernel drops connections that wait to be accepted
            } catch (IOException e) {
                // the server may hang up first
            }
        }
        Download after = new Download(target.fill((byte) 0), bytes -> {});
        transport.fetch(of(address()), after, () -> false);
        expectWhole();
        await(() -> {
            try {
                return Fuzz.descriptors("self") <= before;
            } catch (IOException e) {
                return false;
            }
        });
    }
}
