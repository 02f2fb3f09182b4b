package dev.concertina.memory.agent;

import dev.concertina.memory.backend.cuda.CudaDriver;
import dev.concertina.memory.backend.cuda.CudaMover;
import dev.concertina.memory.backend.cuda.CudaMover.Span;
import dev.concertina.memory.client.CudaMemoryClient;
import dev.concertina.memory.client.CudaMemoryClient.DeviceMemory;
import dev.concertina.wire.Lifetime;
import dev.concertina.wire.ObjectId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** An engine on an accelerator: joins, attaches everything, copies it out of the device, prints a digest of it, tries to write, and stays. */
final class CudaClientChild {
    private CudaClientChild() {}

    public static void main(String[] arguments) throws Exception {
        Lifetime.endWithParent();
        CudaDriver driver = CudaDriver.open(arguments[2]);
        CudaMemoryClient client = CudaMemoryClient.connect(Path.of(arguments[0]), driver);
        client.join(TestNode.joining(Integer.parseInt(arguments[1])));
        Set<ObjectId> objects =
                TestNode.everything(null).stream().map(step -> step.object()).collect(Collectors.toSet());
        Map<ObjectId, DeviceMemory> attached = client.attach(objects);
        DeviceMemory kv = client.kv();
        try (CudaMover mover = new CudaMover(driver, List.of(client.device()));
                Arena arena = Arena.ofConfined()) {
            Map<ObjectId, MemorySegment> copies = new TreeMap<>();
            for (Map.Entry<ObjectId, DeviceMemory> one : attached.entrySet()) {
                MemorySegment copy = arena.allocate(one.getValue().bytes());
                mover.download(new Span(0, one.getValue().address(), copy.byteSize()), copy);
                copies.put(one.getKey(), copy);
            }
            System.out.println("device=" + client.device().uuid());
            MemorySegment first = arena.allocate(1);
            mover.download(new Span(0, kv.address() + kv.bytes() - 1, 1), first);
            System.out.println("kv=" + first.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0));
            mover.fill(new Span(0, kv.address(), kv.bytes()), (byte) 7);
            DeviceMemory dense = attached.get(ObjectId.DENSE);
            try {
                mover.fill(new Span(0, dense.address(), dense.bytes()), (byte) 0);
                System.out.println("weights were overwritten");
            } catch (java.io.IOException e) {
                System.out.println("weights are read-only here: " + e.getMessage());
            }
            System.out.println("digest=" + ClientChild.digest(copies));
        }
        Thread.sleep(Long.MAX_VALUE);
    }
}
