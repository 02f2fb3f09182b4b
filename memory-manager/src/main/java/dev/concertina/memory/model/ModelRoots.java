package dev.concertina.memory.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The folders below which models may lie; everything else is refused, whatever links and dots a path has. */
public final class ModelRoots {
    private final List<Path> roots;

    /** Roots that exist; a missing one is a wrong setting. */
    public ModelRoots(List<Path> roots) throws IOException {
        List<Path> real = new ArrayList<>();
        for (Path root : roots) {
            real.add(root.toRealPath());
        }
        this.roots = List.copyOf(real);
    }

    /**
     * The real folder behind a path, which may start with {@code file://}.
     *
     * @throws NoSuchFileException no such folder
     * @throws InvalidModelException outside every root, or not a path
     */
    public Path folder(String model) throws IOException {
        String text = model.startsWith("file://") ? model.substring("file://".length()) : model;
        Path path;
        try {
            path = Path.of(text);
        } catch (InvalidPathException e) {
            throw new InvalidModelException("'" + model + "' is not a path");
        }
        if (!path.isAbsolute()) {
            throw new InvalidModelException("the model path '" + model + "' is not absolute");
        }
        Path plain = path.normalize();
        if (!Files.isDirectory(plain)) {
            throw new NoSuchFileException("there is no model folder " + model + " on this node");
        }
        Path real = plain.toRealPath();
        if (roots.stream().noneMatch(real::startsWith)) {
            throw new InvalidModelException("the model folder " + model
                    + " is not below a folder that this node serves models from (CONCERTINA_MODELS)");
        }
        return real;
    }
}
