package dev.concertina.e2e.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.concertina.wire.Json;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Answers what kubectl needs beside the CRUD server's objects, and passes the rest on. */
final class ApiDispatcher extends Dispatcher {
    private final KubernetesCrudDispatcher crud;
    private final Reviews reviews;
    private final InstantSource clock;

    ApiDispatcher(KubernetesCrudDispatcher crud, Reviews reviews, InstantSource clock) {
        this.crud = crud;
        this.reviews = reviews;
        this.clock = clock;
    }

    @Override
    public MockResponse dispatch(RecordedRequest request) {
        String path = request.getPath();
        String bare = path.contains("?") ? path.substring(0, path.indexOf('?')) : path;
        if (bare.startsWith("/openapi")) {
            return status(404, "NotFound", "this server has no OpenAPI document; use --validate=false");
        }
        if (bare.endsWith("/scale") && bare.startsWith("/apis/")) {
            return scale(request, bare.substring(0, bare.length() - "/scale".length()));
        }
        if (bare.equals("/apis/authentication.k8s.io/v1/tokenreviews")
                || bare.equals("/apis/authorization.k8s.io/v1/subjectaccessreviews")) {
            return review(request);
        }
        if (request.getMethod().equals("GET")) {
            JsonNode discovery = Discovery.answer(bare, this::list);
            if (discovery != null) {
                return json(200, discovery);
            }
            if (watch(path) && !upgrade(request)) {
                return status(
                        405, "MethodNotAllowed", "this server offers watches over web sockets only, not kubectl's");
            }
            if (accept(request).contains("as=Table")) {
                return table(request, bare);
            }
        }
        return explained(crud.dispatch(request));
    }

    @Override
    public void shutdown() {
        crud.shutdown();
    }

    private static boolean watch(String path) {
        return path.contains("watch=true") || path.contains("watch=1");
    }

    private static boolean upgrade(RecordedRequest request) {
        String header = request.getHeader("Upgrade");
        return header != null && header.toLowerCase(Locale.ROOT).contains("websocket");
    }

    private static String accept(RecordedRequest request) {
        String header = request.getHeader("Accept");
        return header == null ? "" : header;
    }

    private MockResponse table(RecordedRequest request, String path) {
        MockResponse plain = explained(crud.dispatch(request));
        JsonNode body = tree(plain);
        if (plain.code() != 200 || body == null) {
            return plain;
        }
        JsonNode crds = list("/apis/apiextensions.k8s.io/v1/customresourcedefinitions");
        return json(200, Tables.of(body, path, crds, clock.instant()));
    }

    private MockResponse scale(RecordedRequest request, String object) {
        MockResponse found = explained(crud.dispatch(internal(HttpMethod.GET, object, null, null)));
        JsonNode current = tree(found);
        if (found.code() != 200 || current == null) {
            return found;
        }
        if (request.getMethod().equals("GET")) {
            return json(200, ScaleSubresource.read(current));
        }
        try {
            JsonNode wanted = Json.mapper().readTree(request.getBody().readUtf8());
            ObjectNode change = ScaleSubresource.change(wanted);
            MockResponse written = crud.dispatch(
                    internal(HttpMethod.PATCH, object, "application/merge-patch+json", change.toString()));
            JsonNode updated = tree(written);
            return updated == null || written.code() / 100 != 2
                    ? explained(written)
                    : json(200, ScaleSubresource.read(updated));
        } catch (IOException | IllegalArgumentException e) {
            return status(400, "BadRequest", "not a scale: " + e.getMessage());
        }
    }

    private MockResponse review(RecordedRequest request) {
        try {
            return json(
                    201, reviews.answer(Json.mapper().readTree(request.getBody().readUtf8())));
        } catch (IOException | IllegalArgumentException e) {
            return status(400, "BadRequest", "not a review: " + e.getMessage());
        }
    }

    private JsonNode list(String path) {
        JsonNode body = tree(crud.dispatch(internal(HttpMethod.GET, path, null, null)));
        return body == null ? Json.mapper().createObjectNode() : body;
    }

    private static RecordedRequest internal(
            HttpMethod method, String path, @Nullable String contentType, @Nullable String body) {
        Headers.Builder headers = Headers.builder();
        if (contentType != null) {
            headers.add("Content-Type", contentType);
        }
        return new RecordedRequest(
                "HTTP/1.1", method, path, headers.build(), body == null ? new Buffer() : new Buffer().writeUtf8(body));
    }

    private static @Nullable JsonNode tree(MockResponse response) {
        Buffer body = response.getBody();
        if (body == null || body.size() == 0) {
            return null;
        }
        try {
            return Json.mapper().readTree(body.getBytes());
        } catch (IOException e) {
            return null;
        }
    }

    /** The CRUD server leaves a 404 empty; clients want to read why. */
    private static MockResponse explained(MockResponse response) {
        boolean empty = response.getBody() == null || response.getBody().size() == 0;
        return response.code() == 404 && empty
                ? status(404, "NotFound", "no such object, or no such kind of object")
                : typed(response);
    }

    private static MockResponse typed(MockResponse response) {
        if (response.getWebSocketListener() == null && response.header("Content-Type") == null) {
            response.setHeader("Content-Type", "application/json");
        }
        return response;
    }

    private static MockResponse status(int code, String reason, String message) {
        ObjectNode status = Json.mapper().createObjectNode();
        status.put("kind", "Status").put("apiVersion", "v1").put("status", "Failure");
        status.put("message", message).put("reason", reason).put("code", code);
        return json(code, status);
    }

    private static MockResponse json(int code, JsonNode body) {
        return new MockResponse()
                .setResponseCode(code)
                .setHeader("Content-Type", "application/json")
                .setBody(body.toString());
    }
}
