package dev.concertina.gateway.openai;

import java.util.List;

/**
 * A checked completion request.
 *
 * @param promptIds at least one token id
 * @param maxTokens at least 1
 * @param stops texts that end the answer before them, none empty
 * @param stopIds token ids that end the answer and are not part of it
 * @param usageInStream whether a stream ends with the token counts
 * @param tokenIds whether the answer carries token ids
 */
record CompletionRequest(
        String model,
        int[] promptIds,
        int maxTokens,
        List<String> stops,
        int[] stopIds,
        boolean stream,
        boolean usageInStream,
        boolean tokenIds) {}
