package dev.concertina.memory;

import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.PosixBackend;
import dev.concertina.memory.keeper.Keeper;
import dev.concertina.wire.Lifetime;
import dev.concertina.wire.Logs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** The keeper process: {@code CONCERTINA_RUN_DIR} names the folder of {@code keeper.sock}. */
public final class KeeperMain {
    private static final int ANY_DEVICES = 1024;

    private KeeperMain() {}

    public static void main(String[] arguments) throws InterruptedException {
        Lifetime.endWithParent();
        Lifetime.endWhenAThreadDies();
        Logs.toStandardOutput();
        try {
            Path folder = Settings.path(System.getenv(), "CONCERTINA_RUN_DIR", "the folder of the sockets");
            Files.createDirectories(folder);
            // the agent counts capacity: it knows the devices
            PosixBackend backend = new PosixBackend(new Capacity(ANY_DEVICES, Long.MAX_VALUE / 2));
            Path socket = folder.resolve("keeper.sock");
            Keeper keeper = new Keeper(socket, backend, Settings.uid());
            System.out.println("keeper ready socket=" + socket);
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
                try {
                    keeper.close();
                } catch (IOException e) {
                    System.err.println("keeper did not close cleanly: " + e.getMessage());
                }
            }));
            new CountDownLatch(1).await();
        } catch (IllegalArgumentException | IOException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }
}
