package dev.concertina.worker.server;

import dev.concertina.memory.client.Joined;
import dev.concertina.wire.ControlException;
import dev.concertina.wire.ControlServer;
import dev.concertina.wire.Workers;
import dev.concertina.worker.epoch.Epochs;
import dev.concertina.worker.exchange.Probe;
import dev.concertina.worker.exchange.Self;
import dev.concertina.worker.migration.Migrator;
import dev.concertina.worker.serving.Serving;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** State, epochs and draining: the operator's commands to one worker. */
public final class ControlApi {
    private static final Duration REACH = Duration.ofSeconds(5);

    /** Where the attached rank comes from. */
    public interface Attachment {
        /** The attached rank, attaching it first when needed. */
        Serving attach() throws IOException;

        /** The attached rank, or null before the first prepare. */
        @Nullable
        Serving current();

        /** The attached rank; 409 before the first prepare. */
        default Serving required() {
            Serving serving = current();
            if (serving == null) {
                throw new ControlException(409, "no epoch was prepared here yet");
            }
            return serving;
        }
    }

    /** A command's work on memory and epochs. */
    private interface Work {
        void run() throws IOException;
    }

    private final Self self;
    private final Joined joined;
    private final Epochs epochs;
    private final Attachment attachment;
    private final Migrator migrator;
    private final Terms terms;

    public ControlApi(Self self, Joined joined, Epochs epochs, Attachment attachment, Migrator migrator, Terms terms) {
        this.self = self;
        this.joined = joined;
        this.epochs = epochs;
        this.attachment = attachment;
        this.migrator = migrator;
        this.terms = terms;
    }

    /** Adds the routes. */
    public void route(ControlServer server) {
        server.on("GET /v1/state", exchange -> state());
        server.on("POST /v1/epochs/prepare", exchange -> prepare(server.body(exchange, Workers.Prepare.class)));
        server.on("POST /v1/epochs/self-test", exchange -> {
            Workers.Epoch epoch = server.body(exchange, Workers.Epoch.class);
            terms.check(epoch.term());
            return attachment.required().selfTester().run(epoch.epoch());
        });
        server.on("POST /v1/epochs/commit", exchange -> commit(server.body(exchange, Workers.Epoch.class)));
        server.on("POST /v1/epochs/retire", exchange -> {
            Workers.Epoch epoch = server.body(exchange, Workers.Epoch.class);
            return command(epoch.term(), () -> epochs.retire(epoch.epoch()));
        });
        server.on("POST /v1/epochs/withdraw", exchange -> {
            Workers.Epoch epoch = server.body(exchange, Workers.Epoch.class);
            return command(epoch.term(), () -> epochs.withdraw(epoch.epoch()));
        });
        server.on("POST /v1/drain", exchange -> {
            Workers.Drain drain = server.body(exchange, Workers.Drain.class);
            return command(drain.term(), () -> migrator.drain(attachment.required(), drain.targets()));
        });
    }

    private Object command(long term, Work work) {
        terms.check(term);
        try {
            work.run();
            return Map.of();
        } catch (IOException e) {
            throw new ControlException(409, "the node's agent does not answer: " + e.getMessage());
        }
    }

    private Object prepare(Workers.Prepare prepare) {
        return command(prepare.term(), () -> {
            if (!prepare.map().deployment().equals(self.deployment())) {
                throw new ControlException(
                        400,
                        "this worker serves " + self.deployment() + ", not "
                                + prepare.map().deployment());
            }
            attachment.attach().check(prepare.map());
            epochs.attach(prepare.map());
            Probe.reachAll(prepare.map(), self, REACH);
        });
    }

    private Object commit(Workers.Epoch epoch) {
        return command(
                epoch.term(),
                () -> attachment.required().engine().atBoundary(() -> {
                    epochs.use(epoch.epoch());
                    return epoch;
                }));
    }

    private Workers.State state() {
        Serving serving = attachment.current();
        long inUse = epochs.inUse();
        List<Long> attached = epochs.attached();
        return new Workers.State(
                self.deployment(),
                self.rank(),
                joined.device(),
                self.incarnation(),
                inUse,
                attached.stream().filter(epoch -> epoch > inUse).toList(),
                attached,
                serving != null && serving.engine().draining(),
                serving == null ? 0 : serving.engine().liveSequences(),
                serving == null ? 0 : serving.engine().waitingSequences(),
                serving == null ? 0 : serving.pool().used(),
                serving == null ? 0 : serving.pool().total(),
                serving == null ? 0 : serving.counters().tokensGenerated(),
                serving == null ? new long[0][] : serving.counters().expertTokens());
    }
}
