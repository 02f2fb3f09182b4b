/**
 * Renders {@code docs/} as a site: each page of Markdown becomes a page of HTML, {@code index.md} is the first page and its list of links the
 * navigation. commonmark-java reads the Markdown; here are the frame around it and the checks: a link, an anchor or a picture that is not there is
 * an error. What it makes needs no server and asks nobody else for anything.
 */
@NullMarked
package dev.concertina.site;

import org.jspecify.annotations.NullMarked;
