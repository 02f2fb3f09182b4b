package dev.concertina.memory.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A model folder: {@code config.json} and the tensors of {@code model.safetensors}, or of the shards that {@code
 * model.safetensors.index.json} names.
 *
 * @param configJson the configuration's text
 * @param config the same, parsed
 * @param tensors every tensor by name, sorted
 */
record Checkpoint(String configJson, JsonNode config, Map<String, StoredTensor> tensors) {
    private static final long MAX_JSON_BYTES = 64L << 20;

    /**
     * Reads headers only.
     *
     * @throws InvalidModelException in one sentence
     */
    static Checkpoint open(Path folder) throws IOException {
        String text = text(folder.resolve("config.json"));
        Path index = folder.resolve("model.safetensors.index.json");
        Map<String, StoredTensor> tensors =
                Files.isRegularFile(index) ? sharded(folder, index) : single(folder.resolve("model.safetensors"));
        return new Checkpoint(text, json(folder.resolve("config.json"), text), tensors);
    }

    private static Map<String, StoredTensor> single(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new InvalidModelException("the model folder has no " + file
                    + " and no model.safetensors.index.json; give a folder in Hugging Face layout");
        }
        Map<String, StoredTensor> tensors = new TreeMap<>();
        Safetensors.read(file).forEach(tensor -> tensors.put(tensor.name(), tensor));
        return tensors;
    }

    private static Map<String, StoredTensor> sharded(Path folder, Path index) throws IOException {
        JsonNode weights = json(index, text(index)).path("weight_map");
        if (!weights.isObject() || weights.isEmpty()) {
            throw new InvalidModelException("the index " + index + " has no weight_map");
        }
        TreeSet<String> shards = new TreeSet<>();
        for (JsonNode shard : weights) {
            String name = shard.asText();
            if (!name.endsWith(".safetensors") || name.contains("/") || name.contains("..")) {
                throw new InvalidModelException("the index " + index + " names the impossible file '" + name + "'");
            }
            shards.add(name);
        }
        Map<String, StoredTensor> tensors = new TreeMap<>();
        for (String shard : shards) {
            Path file = folder.resolve(shard);
            if (!Files.isRegularFile(file)) {
                throw new InvalidModelException("the shard " + file + " is missing; the index names it");
            }
            for (StoredTensor tensor : Safetensors.read(file)) {
                StoredTensor other = tensors.put(tensor.name(), tensor);
                if (other != null) {
                    throw new InvalidModelException(
                            "tensor " + tensor.name() + " is in " + other.file() + " and in " + file);
                }
            }
        }
        for (Map.Entry<String, JsonNode> entry : weights.properties()) {
            StoredTensor tensor = tensors.get(entry.getKey());
            if (tensor == null || !tensor.file().endsWith(entry.getValue().asText())) {
                throw new InvalidModelException("tensor " + entry.getKey() + " is not in the shard "
                        + entry.getValue().asText() + " that the index names");
            }
        }
        return tensors;
    }

    private static String text(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new InvalidModelException("the model folder has no " + file);
        }
        if (Files.size(file) > MAX_JSON_BYTES) {
            throw new InvalidModelException(file + " is larger than " + MAX_JSON_BYTES + " bytes");
        }
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    private static JsonNode json(Path file, String text) throws InvalidModelException {
        try {
            JsonNode node = Json.mapper().readTree(text);
            if (node == null || !node.isObject()) {
                throw new InvalidModelException(file + " is not a JSON object");
            }
            return node;
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new InvalidModelException(
                    file + " is not JSON: " + e.getOriginalMessage().replace('\n', ' '));
        }
    }

    /**
     * A positive number of the configuration, or of its {@code text_config} where a model has several, under one of several names.
     *
     * @throws InvalidModelException when none is there
     */
    int number(String... names) throws InvalidModelException {
        int found = number(0, names);
        if (found == 0) {
            throw new InvalidModelException("config.json has no positive " + String.join(" or ", names));
        }
        return found;
    }

    /** The same with a value for none. */
    int number(int otherwise, String... names) {
        for (JsonNode part : List.of(config, config.path("text_config"))) {
            for (String name : names) {
                JsonNode node = part.path(name);
                if (node.isIntegralNumber() && node.canConvertToInt() && node.asInt() > 0) {
                    return node.asInt();
                }
            }
        }
        return otherwise;
    }
}
