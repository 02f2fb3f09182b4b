package dev.concertina.memory.keeper;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.IntNode;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.PosixBackend;
import dev.concertina.memory.keeper.KeeperMessages.Entry;
import dev.concertina.memory.keeper.KeeperMessages.Operation;
import dev.concertina.memory.keeper.KeeperMessages.Request;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.UnixSockets;
import dev.concertina.memory.testing.Fuzz;
import dev.concertina.wire.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Damaged requests, with descriptors or without: a keeper holds what it says it holds, and no descriptor more. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "memory files are Linux's")
class KeeperFuzzTest {
    private static final long G = 2L << 20;
    private static final long CAPACITY = 16 * G;
    private static final int CASES_OF_A_KEEPER = 1000;

    @TempDir
    Path folder;

    private final List<byte[]> requests = Stream.concat(
                    Arrays.stream(Operation.values())
                            .map(operation -> new Request(operation, null, "note", IntNode.valueOf(1), CAPACITY)),
                    Stream.of(Operation.CREATE, Operation.ADOPT, Operation.DESCRIBE, Operation.FREE)
                            .map(operation -> new Request(
                                    operation,
                                    List.of(new Entry("s1", 0, G, IntNode.valueOf(7), "tenant")),
                                    null,
                                    null,
                                    CAPACITY)))
            .map(Json::write)
            .toList();

    @Test
    void damagedRequestsLeakNothingAndTheNextAgentIsServed() throws Exception {
        int file = MemoryFiles.create("fuzz", G);
        long before = Fuzz.descriptors("self");
        for (int seed = 0; seed < Fuzz.casesThroughServers(); seed += CASES_OF_A_KEEPER) {
            Path socket = folder.resolve("k" + seed);
            int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            try (Keeper keeper = new Keeper(socket, new PosixBackend(new Capacity(1, CAPACITY)), true, uid)) {
                harm(socket, file, seed, before);
                expectWhole(socket, before + 1); // it listens
            }
        }
        MemoryFiles.close(file);
    }

    private void harm(Path socket, int file, int firstSeed, long before) throws Exception {
        for (int seed = firstSeed; seed < firstSeed + CASES_OF_A_KEEPER; seed++) {
            Random random = new Random(seed);
            byte[] request = requests.get(random.nextInt(requests.size()));
            Fuzz.send(socket, Fuzz.frame(request, random), file, random);
            if (seed % 50 == 0) {
                Fuzz.awaitDescriptors(
                        "self", before + 100); // of segments, at most 16 and as many adopted ones as there were names
            }
        }
    }

    /** The same without threads. Names are random, so a keeper fills up with segments: each serves some. */
    @Test
    void damagedRequestsLeakNothingHoweverMany() throws Exception {
        int file = MemoryFiles.create("fuzz", G);
        Path path = folder.resolve("inline");
        int listening = UnixSockets.listen(path.toString());
        long before = Fuzz.descriptors("self");
        int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        for (int first = 0; first < Fuzz.cases(); first += CASES_OF_A_KEEPER) {
            Path socket = folder.resolve("i" + first);
            try (Keeper keeper = new Keeper(socket, new PosixBackend(new Capacity(1, CAPACITY)), true, uid)) {
                for (int seed = first; seed < first + CASES_OF_A_KEEPER; seed++) {
                    Random random = new Random(seed);
                    byte[] request = Fuzz.frame(requests.get(random.nextInt(requests.size())), random);
                    Fuzz.serve(listening, path, request, file, random, keeper::serve);
                }
                expectWhole(socket, before + 1); // it listens
            }
        }
        MemoryFiles.close(file);
        MemoryFiles.close(listening);
    }

    private static void expectWhole(Path socket, long before) throws Exception {
        try (KeeperClient client = KeeperClient.connect(socket)) {
            List<KeeperClient.Kept> kept = client.list();
            kept.forEach(segment -> MemoryFiles.close(segment.fd()));
            client.free(kept.stream().map(KeeperClient.Kept::segment).toList());
            assertThat(client.list()).isEmpty();
            int fd = client.create(List.of(new KeeperClient.Wanted("after", 0, G, IntNode.valueOf(1), null)), CAPACITY)[
                    0];
            assertThat(MemoryFiles.size(fd)).isEqualTo(G);
            MemoryFiles.close(fd);
            client.free(List.of("after"));
        }
        Fuzz.awaitDescriptors("self", before + CAPACITY / G / 2); // what lies ready: half a device at most
    }
}
