package dev.concertina.site;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Heading;
import org.commonmark.node.Link;
import org.commonmark.node.ListItem;

/** Sections and pages in reading order, from the headings and lists of {@code index.md}: the first link of each item is a page. */
record Navigation(List<Section> sections) {
    record Entry(String page, String label) {}

    record Section(String title, List<Entry> entries) {}

    /** Pages that the index does not name come last. */
    static Navigation of(Page index, Collection<Page> all) {
        List<Section> sections = new ArrayList<>();
        index.document().accept(new AbstractVisitor() {
            @Override
            public void visit(Heading heading) {
                if (heading.getLevel() == 2) {
                    sections.add(new Section(Page.text(heading), new ArrayList<>()));
                }
            }

            @Override
            public void visit(ListItem item) {
                if (item.getFirstChild() != null
                        && item.getFirstChild().getFirstChild() instanceof Link link
                        && link.getDestination().endsWith(".md")
                        && !sections.isEmpty()) {
                    sections.getLast()
                            .entries()
                            .add(new Entry(link.getDestination().replaceFirst("\\.md$", ""), Page.text(link)));
                }
            }
        });
        Set<String> named = new HashSet<>(Set.of(index.name()));
        sections.forEach(section -> section.entries().forEach(entry -> named.add(entry.page())));
        sections.add(new Section(
                "More",
                all.stream()
                        .filter(page -> !named.contains(page.name()))
                        .map(page -> new Entry(page.name(), page.title()))
                        .toList()));
        return new Navigation(sections);
    }

    /** All pages but the first, in order. */
    List<Entry> pages() {
        return sections.stream().flatMap(section -> section.entries().stream()).toList();
    }
}
