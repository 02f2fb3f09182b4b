package dev.concertina.e2e.bench;

import dev.concertina.memory.client.MemoryClient;
import dev.concertina.wire.Lifetime;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/** An engine that has just been started: says when it runs, then how long it took to join and attach the objects named. */
final class AttachChild {
    private AttachChild() {}

    public static void main(String[] arguments) throws IOException {
        Lifetime.endWithParent();
        System.out.println("runs");
        Set<ObjectId> objects =
                Arrays.stream(arguments).skip(1).map(ObjectId::parse).collect(Collectors.toSet());
        long began = System.nanoTime();
        try (MemoryClient client = MemoryClient.connect(Path.of(arguments[0]))) {
            client.join(NodeProcesses.engine());
            int attached = client.attach(objects).size();
            System.out.println(attached + " " + (System.nanoTime() - began));
        }
    }
}
