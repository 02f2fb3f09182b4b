package dev.concertina.gateway.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.wire.Json;
import org.jspecify.annotations.Nullable;

/** A refusal in the API's own shape: {@code {"error": {"message", "type", "param", "code"}}}. */
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final @Nullable String param;
    private final @Nullable String code;

    ApiException(int status, String message, @Nullable String param, @Nullable String code) {
        super(message, null, false, false);
        this.status = status;
        this.param = param;
        this.code = code;
    }

    /** 400: the request cannot be read or asks for what is not offered. */
    static ApiException badRequest(String message, @Nullable String param) {
        return new ApiException(400, message, param, null);
    }

    /** 503: not now; the client is told when to try again. */
    static ApiException overloaded(String reason) {
        return new ApiException(503, "the gateway is overloaded: " + reason + "; try again later", null, "overloaded");
    }

    int status() {
        return status;
    }

    ObjectNode body() {
        return body(status, String.valueOf(getMessage()), param, code);
    }

    static ObjectNode body(int status, String message, @Nullable String param, @Nullable String code) {
        ObjectNode body = Json.mapper().createObjectNode();
        body.putObject("error")
                .put("message", message)
                .put("type", type(status))
                .put("param", param)
                .put("code", code);
        return body;
    }

    private static String type(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 429 -> "rate_limit_error";
            default -> status < 500 ? "invalid_request_error" : "server_error";
        };
    }
}
