package dev.concertina.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A site of three pages: whole, and broken in each way. */
class SiteTest {
    @TempDir
    Path docs;

    @TempDir
    Path out;

    @BeforeEach
    void pages() throws IOException {
        page("index", "# Front\n\n## Read\n\n- [First](first.md): one\n");
        page(
                "first",
                "# The first\n\n## A `part`, of it\n\n[there](last.md#end)\n\n| a | b |\n|---|---|\n| 1 | <2> |\n");
        page(
                "last",
                "# The last\n\n## End\n\n![dot](dot.svg) [back](first.md#a-part-of-it) [up](#end) [out](https://example.org/x)\n");
        Files.writeString(docs.resolve("dot.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>");
    }

    private void page(String name, String text) throws IOException {
        Files.writeString(docs.resolve(name + ".md"), text);
    }

    @Test
    void pagesLinkToEachOtherAndAskNobodyElse() throws IOException {
        Site.read(docs).write(out);
        String first = Files.readString(out.resolve("first.html"));
        assertThat(first)
                .contains("<title>The first · Concertina</title>")
                .contains("<h2 id=\"a-part-of-it\">")
                .contains("href=\"last.html#end\"")
                .contains("<a href=\"first.html\" aria-current=\"page\">First</a>")
                .contains("class=\"after\" href=\"last.html\"") // named by no list: it comes last
                .doesNotContain("<script", "http://", "https://");
        assertThat(out.resolve("dot.svg")).isRegularFile();
        assertThat(Files.readString(out.resolve("site.css"))).doesNotContain("http", "@import");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"none.md", "first.md#none", "#none", "none.svg", "../outside.txt", "dot.svg#part", "first.html"})
    void whatIsNotThereFailsTheBuild(String target) throws IOException {
        Files.writeString(docs.resolveSibling("outside.txt"), "x");
        page("last", "# The last\n\n[there](" + target + ")\n");
        assertThatThrownBy(() -> Site.read(docs))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("last.md: " + target + " leads nowhere");
    }

    @Test
    void aPageNeedsATitleAndTheSiteAnIndex() throws IOException {
        page("last", "no heading\n");
        assertThatThrownBy(() -> Site.read(docs)).hasMessageContaining("last.md has no heading");
        page("last", "# The last\n");
        Files.delete(docs.resolve("index.md"));
        assertThatThrownBy(() -> Site.read(docs)).hasMessageContaining("no index.md");
    }
}
