package dev.concertina.memory.backend.cuda;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.concertina.memory.backend.MemoryBackendContract;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Runs the {@link MemoryBackendContract} on this machine's accelerator without Maven. Exit code 0: all of it ran and passed. */
public final class GpuContractMain {
    private GpuContractMain() {}

    public static void main(String[] arguments) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(RealCudaContractTest.class))
                .build();
        SummaryGeneratingListener summary = new SummaryGeneratingListener();
        Launcher launcher = LauncherFactory.create();
        launcher.execute(request, summary, new Lines());
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        summary.getSummary().printFailuresTo(out, 12);
        long passed = summary.getSummary().getTestsSucceededCount();
        long failed = summary.getSummary().getTestsFailedCount();
        long skipped = summary.getSummary().getTestsAbortedCount()
                + summary.getSummary().getTestsSkippedCount();
        out.println("contract: " + passed + " passed, " + failed + " failed, " + skipped + " skipped");
        System.exit(failed == 0 && skipped == 0 && passed > 0 ? 0 : 1);
    }

    private static final class Lines implements TestExecutionListener {
        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (test.isTest()) {
                System.out.println(result.getStatus() + " " + test.getDisplayName());
            }
        }
    }
}
