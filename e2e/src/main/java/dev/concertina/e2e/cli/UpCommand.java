package dev.concertina.e2e.cli;

import dev.concertina.crds.MoEDeploymentSpec;
import dev.concertina.e2e.local.LocalCluster;
import dev.concertina.e2e.local.LocalSettings;
import dev.concertina.e2e.local.StartupException;
import dev.concertina.e2e.session.Terminal;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./concertina up}. */
@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Starts the same as demo, without load, says what to try, and stays until Ctrl-C.")
final class UpCommand implements Callable<Integer> {
    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8080",
            description = "Port of the OpenAI API. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(names = "--manual", description = "Follow spec.width (kubectl scale) instead of the traffic.")
    private boolean manual;

    @Mixin
    private final LocalOptions local = new LocalOptions();

    @Override
    public Integer call() {
        Terminal terminal = Terminal.standard();
        try (Interruption interruption = Interruption.listen()) {
            LocalSettings settings = local.settings(port);
            var mode = manual ? MoEDeploymentSpec.Mode.Manual : MoEDeploymentSpec.Mode.Auto;
            var deployment =
                    DemoDeployment.of("default", settings.modelDir(), mode, null, local.maxWidth, local.paceOrEmpty());
            try (LocalCluster cluster =
                    LocalCluster.start(settings, List.of(deployment), terminal::say, InstantSource.system())) {
                FirstRequest.serve(cluster, DemoDeployment.NAME, terminal::say);
                suggest(terminal, cluster);
                stay(cluster);
                return 0;
            } catch (StartupException e) {
                boolean asked = interruption.asked();
                System.err.println("concertina: " + (asked ? "stopped" : e.getMessage()));
                return asked ? 0 : 2;
            }
        }
    }

    private void suggest(Terminal terminal, LocalCluster cluster) {
        String kubectl = "  kubectl --server " + cluster.apiUrl() + " ";
        terminal.say("");
        terminal.say("The model serves. Try, in another terminal:");
        terminal.say("  curl -s http://" + cluster.http() + "/v1/models");
        terminal.say("  curl -N http://" + cluster.http() + "/v1/completions -H 'Content-Type: application/json' \\");
        terminal.say("    -d '{\"model\":\"" + DemoDeployment.NAME
                + "\",\"prompt\":\"ROMEO:\\n\",\"max_tokens\":120,\"stream\":true}'");
        terminal.say(kubectl + "get moed");
        terminal.say(kubectl + "get scaleop");
        terminal.say(kubectl + "get pods -o wide");
        if (manual) {
            terminal.say(kubectl + "scale moed/" + DemoDeployment.NAME + " --replicas=3");
        }
        terminal.say(kubectl + "describe moed " + DemoDeployment.NAME);
        AdminHint.say(terminal, cluster);
        terminal.say("Logs: " + cluster.logs() + ". Ctrl-C ends everything.");
    }

    private static void stay(LocalCluster cluster) throws StartupException {
        while (true) {
            cluster.checkAlive();
            try {
                Thread.sleep(500);
            } catch (InterruptedException e) {
                throw new StartupException("interrupted", e);
            }
        }
    }
}
