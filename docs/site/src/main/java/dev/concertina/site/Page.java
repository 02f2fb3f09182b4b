package dev.concertina.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.ext.heading.anchor.IdGenerator;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.Heading;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;

/**
 * One page of Markdown.
 *
 * @param name file name without its ending
 * @param title text of its first heading
 * @param document what commonmark read
 * @param anchors ids of its headings, as the renderer and GitHub make them
 * @param targets of its links and pictures, as written
 */
record Page(String name, String title, Node document, Set<String> anchors, List<String> targets) {
    private static final Parser PARSER =
            Parser.builder().extensions(List.of(TablesExtension.create())).build();

    static Page read(Path file) throws IOException {
        Node document = PARSER.parse(Files.readString(file));
        Reader reader = new Reader();
        document.accept(reader);
        String name = file.getFileName().toString().replaceFirst("\\.md$", "");
        if (reader.titles.isEmpty()) {
            throw new IllegalStateException(file + " has no heading to be its title");
        }
        return new Page(name, reader.titles.getFirst(), document, reader.anchors, reader.targets);
    }

    static String text(Node node) {
        StringBuilder text = new StringBuilder();
        node.accept(new AbstractVisitor() {
            @Override
            public void visit(Text part) {
                text.append(part.getLiteral());
            }

            @Override
            public void visit(Code part) {
                text.append(part.getLiteral());
            }
        });
        return text.toString();
    }

    private static final class Reader extends AbstractVisitor {
        private final List<String> titles = new ArrayList<>();
        private final Set<String> anchors = new HashSet<>();
        private final List<String> targets = new ArrayList<>();
        private final IdGenerator ids = IdGenerator.builder().build();

        @Override
        public void visit(Heading heading) {
            titles.add(text(heading));
            anchors.add(ids.generateId(text(heading)));
            visitChildren(heading);
        }

        @Override
        public void visit(Link link) {
            targets.add(link.getDestination());
            visitChildren(link);
        }

        @Override
        public void visit(Image image) {
            targets.add(image.getDestination());
        }
    }
}
