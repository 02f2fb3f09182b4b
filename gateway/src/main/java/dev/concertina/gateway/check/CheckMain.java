package dev.concertina.gateway.check;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;

/** {@code CheckMain GATEWAY [READINESS]}: ends with 0 when all that is asked answers well, 1 when not, 2 for arguments that are none. */
public final class CheckMain {
    private static final int NOT_WELL = 1;
    private static final int BAD_ARGUMENTS = 2;
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private CheckMain() {}

    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    private static int run(String[] arguments) {
        try (Check check = new Check(LIMIT)) {
            if (arguments.length < 1 || arguments.length > 2) {
                throw new IllegalArgumentException(
                        "give the gateways' address, http://HOST:PORT, and then, if you like, the operator's readiness URL");
            }
            check.gateway(URI.create(arguments[0])).forEach(System.out::println);
            if (arguments.length == 2) {
                System.out.println(check.ready(URI.create(arguments[1])));
            }
            return 0;
        } catch (IllegalArgumentException e) {
            System.err.println("check: " + e.getMessage());
            return BAD_ARGUMENTS;
        } catch (IOException e) {
            System.err.println("check: " + e.getMessage());
            return NOT_WELL;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return NOT_WELL;
        }
    }
}
