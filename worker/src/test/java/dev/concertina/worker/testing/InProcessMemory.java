package dev.concertina.worker.testing;

import dev.concertina.memory.client.JoinRequest;
import dev.concertina.memory.client.Joined;
import dev.concertina.memory.client.KvCopy;
import dev.concertina.memory.client.MemoryClient;
import dev.concertina.memory.kv.KvClaim;
import dev.concertina.memory.model.ModelDescription;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ObjectId;
import dev.concertina.wire.Rank;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Device memories of several ranks in this process, as strict as the agent: only what was staged is attached, detached objects are unreadable. */
public final class InProcessMemory {
    private final Map<Integer, Set<ObjectId>> staged = new ConcurrentHashMap<>();
    private final Map<Integer, MemorySegment> kv = new ConcurrentHashMap<>();
    public volatile boolean copiesFail;

    public void stage(int rank, Set<ObjectId> objects, long kvBytes) {
        staged.computeIfAbsent(rank, r -> ConcurrentHashMap.newKeySet()).addAll(objects);
        kv.computeIfAbsent(rank, r -> Arena.ofAuto().allocate(kvBytes, 64));
    }

    public MemoryClient client() {
        return new Client();
    }

    @SuppressWarnings("MustBeClosedChecker") // closed by detach, as its pages would be
    private static Arena shared() {
        return Arena.ofShared();
    }

    private final class Client implements MemoryClient {
        private final Map<ObjectId, MemorySegment> mapped = new HashMap<>();
        private final Map<ObjectId, Arena> arenas = new HashMap<>();
        private int rank;

        @Override
        public Joined join(JoinRequest request) {
            rank = request.rank();
            return new Joined(rank, "i" + System.nanoTime(), "here", null);
        }

        @Override
        public ModelDescription model() {
            return SampleModel.get().description();
        }

        @Override
        public synchronized Map<ObjectId, MemorySegment> attach(Set<ObjectId> objects) throws IOException {
            Map<ObjectId, MemorySegment> result = new HashMap<>();
            for (ObjectId object : objects) {
                if (!staged.getOrDefault(rank, Set.of()).contains(object)) {
                    throw new ControlException(404, object + " is not staged on device " + rank);
                }
                MemorySegment source = SampleModel.get().segment(object);
                Arena arena = arenas.computeIfAbsent(object, o -> shared());
                result.put(
                        object,
                        mapped.computeIfAbsent(object, o -> source.reinterpret(source.byteSize(), arena, null)));
            }
            return result;
        }

        @Override
        public MemorySegment kv() {
            return kv.get(rank);
        }

        @Override
        public synchronized void detach(Set<ObjectId> objects) {
            for (ObjectId object : objects) {
                mapped.remove(object);
                Arena arena = arenas.remove(object);
                if (arena != null) {
                    arena.close();
                }
            }
        }

        @Override
        public void copyKv(List<KvCopy> copies, Rank target) throws IOException {
            if (copiesFail) {
                throw new IOException("the link between the nodes is cut");
            }
            List<Long> offsets = copies.stream().map(KvCopy::toOffset).toList();
            KvCopy first = copies.getFirst();
            try (KvClaim claim = KvClaim.take(kv.get(target.rank()), offsets, first.bytes(), first.owner())) {
                for (int page = 0; page < claim.size(); page++) {
                    claim.page(page)
                            .copyFrom(kv.get(rank).asSlice(copies.get(page).fromOffset(), first.bytes()));
                }
                claim.publish();
            }
        }

        @Override
        public void close() {}
    }
}
