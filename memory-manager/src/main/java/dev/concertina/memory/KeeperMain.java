package dev.concertina.memory;

import dev.concertina.memory.backend.BackendChoice;
import dev.concertina.memory.backend.Capacity;
import dev.concertina.memory.backend.HugePages;
import dev.concertina.memory.backend.MemoryBackend;
import dev.concertina.memory.backend.PosixBackend;
import dev.concertina.memory.backend.cuda.CudaBackend;
import dev.concertina.memory.backend.cuda.CudaDevice;
import dev.concertina.memory.backend.cuda.CudaDriver;
import dev.concertina.memory.backend.cuda.Scrub;
import dev.concertina.memory.keeper.Keeper;
import dev.concertina.wire.Lifetime;
import dev.concertina.wire.Logs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** The keeper process: {@code CONCERTINA_RUN_DIR} names the folder of {@code keeper.sock}. */
public final class KeeperMain {
    private static final System.Logger LOG = System.getLogger(KeeperMain.class.getName());
    private static final int ANY_DEVICES = 1024;
    private static final long WITHOUT_LIMIT = Long.MAX_VALUE / 2;

    private KeeperMain() {}

    public static void main(String[] arguments) throws InterruptedException {
        Lifetime.endWithParent();
        Lifetime.endWhenAThreadDies();
        Logs.toStandardOutput();
        try {
            Path folder = Settings.path(System.getenv(), "CONCERTINA_RUN_DIR", "the folder of the sockets");
            Files.createDirectories(folder);
            BackendChoice choice = Settings.backend(System.getenv());
            Path socket = folder.resolve("keeper.sock");
            Keeper keeper = new Keeper(socket, backend(choice), choice instanceof BackendChoice.Posix, Settings.uid());
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

    /** Capacity is the agent's to count: it knows the devices. */
    private static MemoryBackend backend(BackendChoice choice) throws IOException {
        return switch (choice) {
            case BackendChoice.Posix posix -> {
                HugePages huge = HugePages.probe();
                LOG.log(System.Logger.Level.INFO, "pages kind={0} reason=\"{1}\"", huge.pages(), huge.reason());
                yield new PosixBackend(new Capacity(ANY_DEVICES, WITHOUT_LIMIT), huge.pages());
            }
            case BackendChoice.Cuda cuda -> {
                CudaDriver driver = CudaDriver.open(cuda.library());
                List<CudaDevice> devices = driver.choose(cuda.uuids());
                // a keeper has no context, so the agent zeroes what it gets
                yield new CudaBackend(driver, devices, new Capacity(devices.size(), WITHOUT_LIMIT), Scrub.BY_CALLER);
            }
        };
    }
}
