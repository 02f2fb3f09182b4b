package dev.concertina.memory.agent;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.keeper.KeeperClient;
import dev.concertina.memory.keeper.KeeperClient.Kept;
import dev.concertina.memory.keeper.PoolState;
import dev.concertina.memory.libc.MemoryFiles;
import dev.concertina.memory.libc.UnixSockets;
import dev.concertina.memory.model.ModelDescription;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Everything an agent knows that must outlive it, kept in step with the keeper: segments, members, term and models' layouts. At the first
 * connection the keeper's word counts; at every later one the agent's, which may have outlived the keeper.
 */
final class Memory implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Memory.class.getName());
    private static final String NODE_NOTE = "node";
    private static final String MODEL_NOTE = "model/";
    private static final String PEAKS_NOTE = "peaks";

    /** Segments whose publication an agent's death may undo; an operation has ended only when there are none. */
    private static final int MOST_UNTOLD = 16;

    private final SegmentStore store;
    private final Capacity capacity;
    private final Members members;
    private final Map<String, ModelDescription> models = new ConcurrentHashMap<>();
    private final KeeperLink keeper;
    private final Queue<SegmentNote> untold = new ConcurrentLinkedQueue<>(); // published, and the keeper does not know
    private boolean adopted; // the link's thread only
    private List<Capacity.OperationPeak> toldPeaks = List.of(); // the link's thread only

    Memory(SegmentStore store, Capacity capacity, Members members, KeeperLink.Connection keeper) {
        this.store = store;
        this.capacity = capacity;
        this.members = members;
        this.keeper = new KeeperLink(keeper, this::greet, this::tidy);
    }

    /** Waits for the keeper and adopts what it holds; says so every few seconds. */
    void adopt() throws InterruptedException {
        for (int attempt = 0; ; attempt++) {
            try {
                keeper.call(client -> true);
                break;
            } catch (IOException e) {
                if (attempt % 25 == 0) {
                    LOG.log(System.Logger.Level.INFO, "waiting for the keeper reason={0}", e.getMessage());
                }
                Thread.sleep(200);
            }
        }
        keeper.start();
    }

    SegmentStore store() {
        return store;
    }

    Members members() {
        return members;
    }

    Capacity capacity() {
        return capacity;
    }

    /**
     * Makes unpublished segments of one device, all or none; their bytes have been promised by {@link #capacity}.
     *
     * @param notes one at least, at most {@link UnixSockets#MAX_FDS}
     * @throws IOException when the keeper is not there
     */
    void create(List<SegmentNote> notes) throws IOException {
        int device = notes.getFirst().device();
        keeper.call(client -> {
            for (SegmentNote note : notes) {
                if (store.note(note.key()) != null) {
                    throw new ControlException(
                            409, note.key() + " is there already, or being staged by another operation");
                }
            }
            int[] fds = client.create(
                    notes.stream().map(SegmentNote::wanted).toList(),
                    capacity.info(device).capacityBytes());
            int added = 0;
            try {
                while (added < fds.length) {
                    store.add(notes.get(added), fds[added++]); // takes the descriptor also when it throws
                }
            } catch (IOException | RuntimeException e) {
                for (int i = added; i < fds.length; i++) {
                    MemoryFiles.close(fds[i]);
                }
                store.forget(notes.subList(0, added - 1));
                client.free(notes.stream().map(SegmentNote::segment).toList());
                throw e;
            }
            notes.forEach(note -> capacity.fulfil(device, note.committedBytes()));
            return true;
        });
    }

    /** Makes a checked segment visible. The keeper learns of it soon, at the latest with {@link #tellPublished}. */
    void publish(ObjectKey key, long crc32c) {
        untold.add(store.publish(key, crc32c));
        if (untold.size() >= MOST_UNTOLD) {
            tellPublished();
        }
    }

    /** Waits until the keeper knows what has been published. When it is away, it learns of it with the greeting. */
    void tellPublished() {
        if (!untold.isEmpty()) {
            quietly("publish", this::tellUntold);
        }
    }

    private void tellUntold(KeeperClient client) throws IOException {
        Map<String, JsonNode> notes = new LinkedHashMap<>();
        for (SegmentNote note = untold.poll(); note != null; note = untold.poll()) {
            if (note.equals(store.note(note.key()))) { // it may have been freed meanwhile
                notes.put(note.segment(), note.json());
            }
        }
        if (!notes.isEmpty()) {
            client.describe(notes);
        }
    }

    /** Frees objects, all or none. */
    void free(Collection<ObjectKey> keys) throws IOException {
        List<String> removed = store.remove(keys);
        if (!removed.isEmpty()) {
            quietly("free", client -> client.free(removed));
        }
    }

    /** Persists members and term. */
    void persistMembers() {
        quietly("persist", client -> client.put(NODE_NOTE, members.note()));
    }

    boolean keeperConnected() {
        return keeper.isConnected();
    }

    /** How the keeper's ready pages stand; null when it has not said. */
    @Nullable
    PoolState pool() {
        return keeper.pool();
    }

    /** The layout of a deployment's model, for clients; null before its first staging. */
    @Nullable
    ModelDescription model(String deployment) {
        return models.get(deployment);
    }

    void model(String deployment, ModelDescription description) {
        if (!description.equals(models.put(deployment, description))) {
            JsonNode json = Json.mapper().valueToTree(description);
            quietly("persist model", client -> client.put(MODEL_NOTE + deployment, json));
        }
    }

    @FunctionalInterface
    private interface Telling {
        void tell(KeeperClient client) throws IOException;
    }

    private void quietly(String what, Telling telling) {
        try {
            keeper.call(client -> {
                telling.tell(client);
                return true;
            });
        } catch (IOException | ControlException e) {
            // the greeting of the next keeper brings it up to date
            LOG.log(System.Logger.Level.WARNING, "keeper not told what={0} reason={1}", what, e.getMessage());
        }
    }

    private void greet(KeeperClient client) throws IOException {
        List<Kept> kept = client.list();
        if (adopted) {
            handOver(client, kept);
        } else {
            takeOver(client, kept);
            adopted = true;
        }
    }

    private void takeOver(KeeperClient client, List<Kept> kept) throws IOException {
        List<String> scrap = new ArrayList<>();
        int count = 0;
        for (Kept segment : kept) {
            SegmentNote note = SegmentNote.of(segment.note());
            if (note.published() && note.device() < capacity.devices()) {
                store.add(note, segment.fd());
                capacity.adopt(note.device(), note.committedBytes());
                count++;
            } else {
                MemoryFiles.close(segment.fd());
                scrap.add(segment.segment());
            }
        }
        client.free(scrap);
        for (Map.Entry<String, JsonNode> note : client.notes().entrySet()) {
            if (note.getKey().equals(NODE_NOTE)) {
                members.restore(note.getValue());
            } else if (note.getKey().equals(PEAKS_NOTE)) {
                capacity.restore(List.of(Json.mapper().convertValue(note.getValue(), Capacity.OperationPeak[].class)));
            } else if (note.getKey().startsWith(MODEL_NOTE)) {
                models.put(
                        note.getKey().substring(MODEL_NOTE.length()),
                        Json.mapper().convertValue(note.getValue(), ModelDescription.class));
            }
        }
        LOG.log(System.Logger.Level.INFO, "segments adopted count={0} scrap={1}", count, scrap.size());
    }

    private void tidy(KeeperClient client) throws IOException {
        tellUntold(client);
        tellPeaks(client);
    }

    /** Peaks change with every segment, so they are told now and then. */
    private void tellPeaks(KeeperClient client) throws IOException {
        List<Capacity.OperationPeak> now = capacity.operationPeaks();
        if (!now.equals(toldPeaks)) {
            client.put(PEAKS_NOTE, Json.mapper().valueToTree(now));
            toldPeaks = now;
        }
    }

    private void handOver(KeeperClient client, List<Kept> kept) throws IOException {
        Map<String, JsonNode> there = new HashMap<>();
        for (Kept segment : kept) {
            MemoryFiles.close(segment.fd());
            there.put(segment.segment(), segment.note());
        }
        List<SegmentStore.Exported> mine = store.exportAll();
        try {
            List<Kept> missing = new ArrayList<>();
            Set<String> known = new HashSet<>();
            for (SegmentStore.Exported one : mine) {
                SegmentNote note = one.note();
                known.add(note.segment());
                JsonNode json = note.json();
                if (!there.containsKey(note.segment())) {
                    missing.add(new Kept(
                            note.segment(), note.device(), note.committedBytes(), json, note.tenant(), one.fd()));
                } else if (!json.equals(there.get(note.segment()))) {
                    client.describe(Map.of(note.segment(), json));
                }
            }
            client.adopt(missing);
            client.free(there.keySet().stream()
                    .filter(segment -> !known.contains(segment))
                    .toList());
            client.put(NODE_NOTE, members.note());
            toldPeaks = List.of();
            tellPeaks(client);
            for (Map.Entry<String, ModelDescription> model : models.entrySet()) {
                client.put(MODEL_NOTE + model.getKey(), Json.mapper().valueToTree(model.getValue()));
            }
            LOG.log(System.Logger.Level.INFO, "segments handed over count={0}", missing.size());
        } finally {
            mine.forEach(one -> MemoryFiles.close(one.fd()));
        }
    }

    @Override
    public void close() throws IOException {
        keeper.close();
        store.close();
    }
}
