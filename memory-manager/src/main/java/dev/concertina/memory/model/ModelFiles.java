package dev.concertina.memory.model;

import dev.concertina.wire.Agents;
import dev.concertina.wire.ObjectId;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A model folder read straight into this process's memory, in the very layout that a {@code MemoryClient} attaches. For reference runs
 * and tests; engines attach what their agent holds. Thread-safe; segments are valid until {@link #close}.
 */
public final class ModelFiles implements AutoCloseable {
    private final ModelLayout layout;
    private final Arena arena = Arena.ofShared();
    private final Map<ObjectId, MemorySegment> read = new ConcurrentHashMap<>();

    private ModelFiles(ModelLayout layout) {
        this.layout = layout;
    }

    /**
     * Reads the headers; weights follow when asked for.
     *
     * @throws InvalidModelException in one sentence
     */
    public static ModelFiles open(Path folder) throws IOException {
        return new ModelFiles(ModelLayout.open(folder));
    }

    public Agents.Model shape() {
        return layout.shape();
    }

    public ModelDescription description() {
        return layout.description();
    }

    /** The payload of the dense object or of an expert; read once. */
    public MemorySegment segment(ObjectId object) throws IOException {
        MemorySegment segment = read.get(object);
        if (segment == null) {
            MemorySegment fresh = arena.allocate(Math.max(1, layout.bytes(object)), 64);
            layout.read(object, fresh, reached -> {});
            MemorySegment other = read.putIfAbsent(object, fresh.asReadOnly());
            segment = other == null ? fresh.asReadOnly() : other;
        }
        return segment;
    }

    @Override
    public void close() {
        arena.close();
    }
}
