package dev.concertina.site;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.commonmark.ext.gfm.tables.TableBlock;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.ext.heading.anchor.HeadingAnchorExtension;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.renderer.html.HtmlRenderer;

/** The HTML of a page: what the Markdown says, between the navigation and the pages before and after it. */
final class Frame {
    private final Navigation navigation;
    private final HtmlRenderer renderer = HtmlRenderer.builder()
            .extensions(List.of(TablesExtension.create(), HeadingAnchorExtension.create()))
            .attributeProviderFactory(context -> Frame::attributes)
            .build();

    Frame(Navigation navigation) {
        this.navigation = navigation;
    }

    /** Links to Markdown lead to HTML; wide things can be scrolled by keyboard. */
    private static void attributes(Node node, String tag, Map<String, String> attributes) {
        if (node instanceof Link) {
            attributes.computeIfPresent(
                    "href", (name, target) -> target.replaceFirst("^([^:#]*)\\.md(#.*)?$", "$1.html$2"));
        }
        if (node instanceof TableBlock || (node instanceof FencedCodeBlock && tag.equals("pre"))) {
            attributes.put("tabindex", "0");
        }
    }

    static String css() throws IOException {
        try (InputStream in = Frame.class.getResourceAsStream("site.css")) {
            if (in == null) {
                throw new IllegalStateException("site.css is not among the classes");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    String html(Page page) {
        boolean first = page.name().equals("index");
        StringBuilder out = new StringBuilder();
        out.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append("<meta name=\"color-scheme\" content=\"light dark\">\n<title>")
                .append(escaped(first ? page.title() : page.title() + " · Concertina"))
                .append("</title>\n<link rel=\"stylesheet\" href=\"site.css\">\n</head>\n<body>\n")
                .append("<a class=\"skip\" href=\"#content\">To the text</a>\n");
        menu(page, out);
        out.append("<main id=\"content\">\n").append(renderer.render(page.document()));
        neighbours(page, out);
        return out.append("</main>\n</body>\n</html>\n").toString();
    }

    /** Beside the text, or folded above it where there is no room: the same list twice, of which the style shows one. */
    private void menu(Page page, StringBuilder out) {
        StringBuilder list = new StringBuilder();
        for (Navigation.Section section : navigation.sections()) {
            if (section.entries().isEmpty()) {
                continue;
            }
            list.append("<p>").append(escaped(section.title())).append("</p>\n<ul>\n");
            for (Navigation.Entry entry : section.entries()) {
                list.append("<li><a href=\"").append(entry.page()).append(".html\"");
                if (entry.page().equals(page.name())) {
                    list.append(" aria-current=\"page\"");
                }
                list.append(">").append(escaped(entry.label())).append("</a></li>\n");
            }
            list.append("</ul>\n");
        }
        out.append("<header><a class=\"home\" href=\"index.html\">Concertina</a>\n")
                .append("<details><summary>Pages</summary><nav aria-label=\"Pages, folded\">")
                .append(list)
                .append("</nav></details>\n<nav class=\"side\" aria-label=\"Pages\">")
                .append(list)
                .append("</nav></header>\n");
    }

    private void neighbours(Page page, StringBuilder out) {
        List<Navigation.Entry> pages = navigation.pages();
        int here = pages.stream().map(Navigation.Entry::page).toList().indexOf(page.name());
        out.append("<footer>");
        if (here > 0) {
            neighbour(pages.get(here - 1), "before", "← ", "", out);
        }
        if (here + 1 < pages.size()) {
            neighbour(pages.get(here + 1), "after", "", " →", out);
        }
        out.append("</footer>\n");
    }

    private static void neighbour(Navigation.Entry entry, String side, String left, String right, StringBuilder out) {
        out.append("<a class=\"")
                .append(side)
                .append("\" href=\"")
                .append(entry.page())
                .append(".html\">")
                .append(left)
                .append(escaped(entry.label()))
                .append(right)
                .append("</a>\n");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
