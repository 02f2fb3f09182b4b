package dev.concertina.gateway.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.concertina.wire.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads {@code POST /v1/completions}. What would change the answer and is not offered is refused with a sentence; fields that are unknown or
 * change nothing under greedy decoding are ignored.
 */
final class CompletionRequestReader {
    static final int DEFAULT_MAX_TOKENS = 16;
    private static final int MAX_STOPS = 4;
    private static final int MAX_STOP_IDS = 16;
    private static final int MAX_STOP_LENGTH = 256;

    private CompletionRequestReader() {}

    /** @throws ApiException 400 with a sentence that names the field */
    static CompletionRequest read(byte[] json) {
        JsonNode body = parse(json);
        JsonNode model = field(body, "model");
        if (!model.isTextual() || model.asText().isBlank()) {
            throw ApiException.badRequest("'model' must name a model; GET /v1/models lists them", "model");
        }
        refuseWhatIsNotOffered(body);
        return new CompletionRequest(
                model.asText(),
                prompt(field(body, "prompt")),
                integer(body, "max_tokens", DEFAULT_MAX_TOKENS),
                stops(field(body, "stop")),
                stopIds(field(body, "stop_token_ids")),
                flag(body, "stream"),
                flag(streamOptions(body), "include_usage"),
                flag(body, "return_token_ids"));
    }

    private static JsonNode parse(byte[] json) {
        JsonNode body;
        try {
            body = Json.mapper().readTree(json);
        } catch (JsonProcessingException e) {
            throw ApiException.badRequest("the body is not valid JSON: " + e.getOriginalMessage(), null);
        } catch (IOException e) {
            throw ApiException.badRequest("the body cannot be read: " + e.getMessage(), null);
        }
        if (body == null || !body.isObject()) {
            throw ApiException.badRequest("the body must be a JSON object", null);
        }
        return body;
    }

    private static void refuseWhatIsNotOffered(JsonNode body) {
        JsonNode temperature = field(body, "temperature");
        if (!temperature.isMissingNode() && !(temperature.isNumber() && temperature.asDouble() == 0)) {
            throw ApiException.badRequest(
                    "'temperature' must be 0 or absent: decoding is greedy, so that answers do not depend on scaling",
                    "temperature");
        }
        for (String one : List.of("n", "best_of")) {
            JsonNode count = field(body, one);
            if (!count.isMissingNode() && !(count.isIntegralNumber() && count.asLong() == 1)) {
                throw ApiException.badRequest("'" + one + "' must be 1 or absent: one answer per request", one);
            }
        }
        for (String zero : List.of("presence_penalty", "frequency_penalty")) {
            JsonNode penalty = field(body, zero);
            if (!penalty.isMissingNode() && !(penalty.isNumber() && penalty.asDouble() == 0)) {
                throw ApiException.badRequest("'" + zero + "' must be 0 or absent: it is not supported", zero);
            }
        }
        for (String absent : List.of("logprobs", "suffix")) {
            if (!field(body, absent).isMissingNode()) {
                throw ApiException.badRequest("'" + absent + "' is not supported; leave it out", absent);
            }
        }
        if (flag(body, "echo")) {
            throw ApiException.badRequest("'echo' is not supported; leave it out", "echo");
        }
        if (!field(body, "logit_bias").isEmpty()) {
            throw ApiException.badRequest("'logit_bias' is not supported; leave it out", "logit_bias");
        }
    }

    private static int[] prompt(JsonNode prompt) {
        if (prompt.isTextual()) {
            return nonEmpty(Bytes.ids(prompt.asText()));
        }
        if (!prompt.isArray()) {
            throw ApiException.badRequest("'prompt' must be a text or an array of token ids", "prompt");
        }
        if (prompt.size() > 0 && !prompt.get(0).isNumber()) {
            if (prompt.size() > 1) {
                throw ApiException.badRequest(
                        "'prompt' holds " + prompt.size() + " prompts; send one request for each", "prompt");
            }
            return prompt(onlyPrompt(prompt.get(0)));
        }
        return nonEmpty(ids(prompt, "prompt"));
    }

    private static int[] ids(JsonNode array, String name) {
        int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            JsonNode id = array.get(i);
            if (!id.isIntegralNumber() || !id.canConvertToInt() || id.asInt() < 0) {
                throw ApiException.badRequest(
                        "'" + name + "' must hold token ids only, and entry " + i + " is none", name);
            }
            ids[i] = id.asInt();
        }
        return ids;
    }

    private static int[] stopIds(JsonNode stop) {
        if (!stop.isMissingNode() && !stop.isArray() || stop.size() > MAX_STOP_IDS) {
            throw ApiException.badRequest(
                    "'stop_token_ids' must be up to " + MAX_STOP_IDS + " token ids", "stop_token_ids");
        }
        return ids(stop, "stop_token_ids");
    }

    private static JsonNode onlyPrompt(JsonNode prompt) {
        if (prompt.isArray() && prompt.size() > 0 && !prompt.get(0).isNumber()) {
            throw ApiException.badRequest("'prompt' must be a text or an array of token ids", "prompt");
        }
        return prompt;
    }

    private static int[] nonEmpty(int[] ids) {
        if (ids.length == 0) {
            throw ApiException.badRequest("'prompt' is empty; it must hold at least one token", "prompt");
        }
        return ids;
    }

    private static List<String> stops(JsonNode stop) {
        List<String> stops = new ArrayList<>();
        if (stop.isTextual()) {
            stops.add(stop.asText());
        } else if (stop.isArray() && stop.size() <= MAX_STOPS) {
            stop.forEach(text -> stops.add(text.isTextual() ? text.asText() : ""));
        } else if (!stop.isMissingNode()) {
            throw ApiException.badRequest("'stop' must be a text or up to " + MAX_STOPS + " texts", "stop");
        }
        if (stops.stream().anyMatch(text -> text.isEmpty() || text.length() > MAX_STOP_LENGTH)) {
            throw ApiException.badRequest(
                    "each 'stop' must be a text of 1 to " + MAX_STOP_LENGTH + " characters", "stop");
        }
        return List.copyOf(stops);
    }

    private static JsonNode streamOptions(JsonNode body) {
        JsonNode options = field(body, "stream_options");
        if (!options.isMissingNode() && !options.isObject()) {
            throw ApiException.badRequest("'stream_options' must be an object", "stream_options");
        }
        return options;
    }

    private static int integer(JsonNode body, String name, int absent) {
        JsonNode value = field(body, name);
        if (value.isMissingNode()) {
            return absent;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < 1) {
            throw ApiException.badRequest("'" + name + "' must be a whole number of at least 1", name);
        }
        return value.asInt();
    }

    private static boolean flag(JsonNode body, String name) {
        JsonNode value = field(body, name);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw ApiException.badRequest("'" + name + "' must be true or false", name);
        }
        return value.asBoolean(false);
    }

    /** An explicit null means the same as no field. */
    private static JsonNode field(JsonNode body, String name) {
        JsonNode value = body.path(name);
        return value.isNull() ? MissingNode.getInstance() : value;
    }
}
