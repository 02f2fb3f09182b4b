package dev.concertina.e2e.ingest;

import dev.concertina.operator.ingest.KafkaAccess;
import dev.concertina.operator.ingest.PartitionReader;
import dev.concertina.wire.Lifetime;
import java.time.Clock;

/** One replica in a process of its own, to be killed. Arguments: servers, topic, its name. */
final class ReplicaMain {
    private ReplicaMain() {}

    public static void main(String[] args) throws InterruptedException {
        Lifetime.endWithParent();
        PartitionReader reader = new PartitionReader(
                KafkaAccess.plain(args[0], "test", args[2]), args[1], Traffic.OBJECTIVES, Clock.systemUTC());
        reader.start();
        Thread.currentThread().join();
    }
}
