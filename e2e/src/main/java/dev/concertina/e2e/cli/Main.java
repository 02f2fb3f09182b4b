package dev.concertina.e2e.cli;

import dev.concertina.e2e.admin.AdminCommands;
import dev.concertina.e2e.bench.BenchCommand;
import dev.concertina.e2e.cluster.E2eCommand;
import dev.concertina.e2e.plan.PlanCommand;
import dev.concertina.e2e.simulate.SimulateCommand;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry of {@code ./concertina}. Exit codes: 0 all well, 1 a request was lost, a token wrong or an aim missed, 2 it could not run. */
@Command(
        name = "concertina",
        mixinStandardHelpOptions = true,
        version = "concertina 0.1.0-SNAPSHOT",
        description = "Keeps a Mixture-of-Experts language model serving while it expands and contracts.",
        subcommands = {
            DemoCommand.class,
            UpCommand.class,
            E2eCommand.class,
            BenchCommand.class,
            SimulateCommand.class,
            PlanCommand.class,
            InspectCommand.class
        })
public final class Main implements Runnable {
    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run
    private CommandLine.Model.CommandSpec spec;

    // kept in a field: the log manager holds loggers weakly
    private static final Logger ROOT_LOG = Logger.getLogger("");

    public static void main(String[] args) {
        // libraries' chatter would bury what the commands say
        ROOT_LOG.setLevel(Level.SEVERE);
        CommandLine line = commandLine();
        line.setExecutionExceptionHandler((failure, command, parsed) -> {
            command.getErr().println("concertina: " + failure);
            failure.printStackTrace(command.getErr());
            return 2;
        });
        System.exit(line.execute(args));
    }

    /** All commands. */
    static CommandLine commandLine() {
        return AdminCommands.addTo(new CommandLine(new Main()));
    }

    @Override
    public void run() {
        spec.commandLine().usage(System.out);
    }
}
