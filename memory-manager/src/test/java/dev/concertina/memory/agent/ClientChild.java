package dev.concertina.memory.agent;

import dev.concertina.memory.client.MemoryClient;
import dev.concertina.wire.Lifetime;
import dev.concertina.wire.ObjectId;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;

/** An engine stand-in: joins, attaches everything, prints a digest of all of it, and stays. */
final class ClientChild {
    private ClientChild() {}

    public static void main(String[] arguments) throws Exception {
        Lifetime.endWithParent();
        MemoryClient client = MemoryClient.connect(Path.of(arguments[0]));
        client.join(TestNode.joining(Integer.parseInt(arguments[1])));
        Set<ObjectId> objects =
                TestNode.everything(null).stream().map(step -> step.object()).collect(Collectors.toSet());
        System.out.println("digest=" + digest(client.attach(objects)));
        Thread.sleep(Long.MAX_VALUE);
    }

    static String digest(Map<ObjectId, MemorySegment> segments) {
        CRC32C crc = new CRC32C();
        new TreeMap<>(segments).values().forEach(segment -> crc.update(segment.asByteBuffer()));
        return Long.toHexString(crc.getValue());
    }
}
