package dev.concertina.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.parser.Parser;

/**
 * The shell commands of the documentation. A fenced block of commands is marked {@code sh}; a second word says who runs it: {@code laptop} against a
 * running {@code ./concertina up}, {@code apiserver} against a real API server; without one, {@code commands.yaml} says for each command which test does.
 */
final class DocCommands {
    static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();

    private DocCommands() {}

    /**
     * One block.
     *
     * @param runner second word after {@code sh}, empty for none
     * @param script as it stands there
     */
    record Block(Path page, String runner, String script) {
        /** Its commands: continued lines and loops are one, comments are left out. */
        List<String> commands() {
            List<String> commands = new ArrayList<>();
            StringBuilder open = new StringBuilder();
            for (String line : script.lines().toList()) {
                String text = line.replaceFirst("(^|\\s+)# .*$", "").strip();
                if (text.isEmpty()) {
                    continue;
                }
                open.append(open.isEmpty() ? "" : " ").append(text);
                boolean goesOn = text.endsWith("\\");
                if (goesOn) {
                    open.setLength(open.length() - 1);
                }
                if (!goesOn && loops(open, "\\bdo\\b") == loops(open, "\\bdone\\b")) {
                    commands.add(open.toString().replaceAll("\\s+", " "));
                    open.setLength(0);
                }
            }
            return commands;
        }

        private static long loops(CharSequence text, String word) {
            return java.util.regex.Pattern.compile(word).matcher(text).results().count();
        }

        @Override
        public String toString() {
            return ROOT.relativize(page) + ":\n" + script;
        }
    }

    /** All blocks of README and docs, pages in order of their names, the quick starts first. */
    static List<Block> blocks() throws IOException {
        List<Path> pages = new ArrayList<>(List.of(
                ROOT.resolve("README.md"),
                ROOT.resolve("docs/quick-start-laptop.md"),
                ROOT.resolve("docs/quick-start-cluster.md")));
        try (Stream<Path> all = Files.list(ROOT.resolve("docs"))) {
            all.filter(path -> path.toString().endsWith(".md"))
                    .filter(path -> !pages.contains(path))
                    .sorted()
                    .forEach(pages::add);
        }
        List<Block> blocks = new ArrayList<>();
        for (Path page : pages) {
            Parser.builder().build().parse(Files.readString(page)).accept(new AbstractVisitor() {
                @Override
                public void visit(FencedCodeBlock block) {
                    add(page, block, blocks);
                }
            });
        }
        return blocks;
    }

    static List<Block> blocks(String runner) throws IOException {
        return blocks().stream().filter(block -> block.runner().equals(runner)).toList();
    }

    private static void add(Path page, FencedCodeBlock block, List<Block> blocks) {
        String[] words = block.getInfo().strip().split("\\s+");
        String script = block.getLiteral();
        if (words[0].equals("sh")) {
            blocks.add(new Block(page, words.length > 1 ? words[1] : "", script));
        } else if (words[0].matches("|console|shell|bash")
                && script.lines().anyMatch(line -> line.strip().matches("(\\$ |\\./|kubectl |helm |curl ).*"))) {
            throw new IllegalStateException(page + " has commands in a block that is not marked sh:\n" + script);
        }
    }
}
