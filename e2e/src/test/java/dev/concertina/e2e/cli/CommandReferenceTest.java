package dev.concertina.e2e.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code docs/command-line.md} is made from the commands themselves and compared with them in every build. */
class CommandReferenceTest {
    private static final Path PAGE = Path.of("../docs/command-line.md");
    private static final String WRITE =
            "./mvnw -pl e2e -am test -Dtest=CommandReferenceTest -Dsurefire.failIfNoSpecifiedTests=false -Dconcertina.commands.write=true";

    @Test
    void thePageIsWhatTheCommandsSay() throws IOException {
        StringBuilder page = new StringBuilder("""
                # Command line

                Every command of `./concertina` with its arguments and options, generated from the commands themselves; `%s` writes it anew. What the commands are for and
                what they answer is in the [reference](reference.md#command-line). `kubectl concertina VERB` is the same with `kubectl-concertina` on the `PATH`.

                | exit code | meaning |
                |---|---|
                | 0 | all well |
                | 1 | a request was lost, a token wrong, an aim missed, or the operator refused |
                | 2 | it could not run, or could not ask; one sentence on standard error says why |
                """.formatted(WRITE));
        CommandLine all = Main.commandLine();
        all.getSubcommands().values().forEach(command -> describe(command, page));
        if (Boolean.getBoolean("concertina.commands.write")) {
            Files.writeString(PAGE, page);
        }
        assertThat(Files.readString(PAGE))
                .as("%s is out of date: run %s", PAGE, WRITE)
                .isEqualTo(page.toString());
    }

    private static void describe(CommandLine command, StringBuilder page) {
        CommandSpec spec = command.getCommandSpec();
        page.append("\n## ")
                .append(spec.qualifiedName().replaceFirst("^concertina ", ""))
                .append("\n\n");
        page.append(text(spec.usageMessage().description())).append("\n");
        List<PositionalParamSpec> parameters = spec.positionalParameters();
        List<OptionSpec> options = spec.options().stream()
                .filter(option -> !option.usageHelp() && !option.versionHelp() && !option.hidden())
                .toList();
        if (!parameters.isEmpty() || !options.isEmpty()) {
            page.append("\n| argument | meaning |\n|---|---|\n");
        }
        parameters.forEach(parameter -> row("`" + parameter.paramLabel() + "`", parameter, page));
        options.forEach(option -> row(names(option), option, page));
        command.getSubcommands().values().forEach(inner -> describe(inner, page));
    }

    private static String names(OptionSpec option) {
        String value = option.arity().max() > 0 ? " " + option.paramLabel() : "";
        return List.of(option.names()).stream()
                .map(name -> "`" + name + value + "`")
                .collect(Collectors.joining(", "));
    }

    private static void row(String name, ArgSpec argument, StringBuilder page) {
        page.append("| ")
                .append(name.replace("|", "\\|"))
                .append(" | ")
                .append(argument.required() ? "**required** " : "")
                .append(text(argument.renderedDescription()))
                .append(" |\n");
    }

    private static String text(String[] lines) {
        return Ansi.OFF
                .string(String.join(" ", lines))
                .replace("|", "\\|")
                .replace("<", "&lt;")
                .replaceAll("\\s+", " ")
                .strip();
    }
}
