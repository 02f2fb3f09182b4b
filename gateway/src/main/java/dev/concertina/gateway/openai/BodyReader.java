package dev.concertina.gateway.openai;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Consumer;

/**
 * Reads request bodies, each of bounded size and time and all together of bounded size, and keeps none: a request may wait for minutes after
 * its body was understood. Confined to the event loop.
 */
final class BodyReader {
    static final int MAX_BYTES = 1024 * 1024;
    private static final int SLOW_MILLIS = 30_000;

    private final Vertx vertx;
    private final long maxBytesInAll;
    private long bytes;

    BodyReader(Vertx vertx, long maxBytesInAll) {
        this.vertx = vertx;
        this.maxBytesInAll = maxBytesInAll;
    }

    /**
     * Reads one, and tells one of the two.
     *
     * @param refused 400, 413 or 503
     */
    void read(HttpServerRequest request, Consumer<byte[]> body, Consumer<ApiException> refused) {
        Reading reading = new Reading(request, body, refused);
        request.handler(reading::take).endHandler(end -> reading.end()).exceptionHandler(reading::broken);
    }

    private final class Reading {
        private final Consumer<byte[]> body;
        private final Consumer<ApiException> refused;
        private final long timer;
        private Buffer read = Buffer.buffer();
        private boolean over;

        Reading(HttpServerRequest request, Consumer<byte[]> body, Consumer<ApiException> refused) {
            this.body = body;
            this.refused = refused;
            this.timer =
                    vertx.setTimer(SLOW_MILLIS, late -> request.connection().close());
        }

        void take(Buffer part) {
            if (over) {
                return;
            }
            if (read.length() + part.length() > MAX_BYTES) {
                refuse(new ApiException(413, "the body is larger than " + MAX_BYTES + " bytes", null, null));
            } else if (bytes + part.length() > maxBytesInAll) {
                refuse(ApiException.overloaded("too many bodies are on their way"));
            } else {
                bytes += part.length();
                read.appendBuffer(part);
            }
        }

        void end() {
            vertx.cancelTimer(timer);
            byte[] whole = read.getBytes();
            if (close()) {
                body.accept(whole);
            }
        }

        void broken(Throwable problem) {
            vertx.cancelTimer(timer);
            refuse(new ApiException(400, "the body was cut off: " + problem.getMessage(), null, null));
        }

        private void refuse(ApiException reason) {
            if (close()) {
                refused.accept(reason);
            }
        }

        private boolean close() {
            if (over) {
                return false;
            }
            over = true;
            bytes -= read.length();
            read = Buffer.buffer();
            return true; // a refused body is read to its end, but not for longer than any other
        }
    }
}
