package dev.concertina.gateway.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.wire.Json;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Builds the answer objects of one request.
 *
 * @param createdSeconds seconds since the epoch
 */
record Answers(String id, String model, long createdSeconds, boolean tokenIds) {

    /** A whole answer, or one chunk of a stream. */
    ObjectNode completion(String text, @Nullable String finishReason, int[] ids, int @Nullable [] promptIds) {
        ObjectNode answer = envelope();
        ObjectNode choice = answer.putArray("choices").addObject();
        choice.put("text", text);
        choice.put("index", 0);
        choice.putNull("logprobs");
        choice.put("finish_reason", finishReason);
        if (tokenIds) {
            Arrays.stream(ids).forEach(choice.putArray("token_ids")::add);
            if (promptIds != null) {
                Arrays.stream(promptIds).forEach(choice.putArray("prompt_token_ids")::add);
            }
        }
        return answer;
    }

    /** The last chunk of a stream that asked for token counts. */
    ObjectNode usageChunk(int promptTokens, int completionTokens) {
        ObjectNode answer = envelope();
        answer.putArray("choices");
        return withUsage(answer, promptTokens, completionTokens);
    }

    static ObjectNode withUsage(ObjectNode answer, int promptTokens, int completionTokens) {
        answer.putObject("usage")
                .put("prompt_tokens", promptTokens)
                .put("completion_tokens", completionTokens)
                .put("total_tokens", promptTokens + completionTokens);
        return answer;
    }

    /**
     * A server-sent event.
     *
     * @param id what a client names as the last event it has, null for none
     */
    static Buffer event(ObjectNode data, @Nullable String id) {
        Buffer event = Buffer.buffer();
        if (id != null) {
            event.appendString("id: ").appendString(id).appendString("\n");
        }
        return event.appendString("data: ").appendBytes(Json.write(data)).appendString("\n\n");
    }

    private ObjectNode envelope() {
        return Json.mapper()
                .createObjectNode()
                .put("id", id)
                .put("object", "text_completion")
                .put("created", createdSeconds)
                .put("model", model);
    }
}
