package dev.concertina.operator.app;

import dev.concertina.wire.KafkaClient;
import dev.concertina.wire.Lifetime;
import dev.concertina.wire.Token;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

/** Entry point: checks what cannot be repaired later, then starts Quarkus. */
@QuarkusMain
public final class OperatorMain {
    private OperatorMain() {}

    public static void main(String... args) {
        Lifetime.endWithParent();
        try {
            Token.fromEnvironment();
            KafkaClient.from(System.getenv());
        } catch (IllegalArgumentException e) {
            System.err.println("operator: " + e.getMessage());
            System.exit(2);
        }
        Quarkus.run(args);
    }
}
