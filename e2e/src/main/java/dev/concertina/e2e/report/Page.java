package dev.concertina.e2e.report;

/** The frame of a report's page: one file, nothing loaded from elsewhere, readable on a phone, light or dark as the reader's system is. */
public final class Page {
    private Page() {}

    /**
     * A whole page.
     *
     * @param title plain text
     * @param body HTML
     */
    public static String html(String title, String body) {
        return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\""
                + " content=\"width=device-width,initial-scale=1\"><title>"
                + text(title)
                + "</title><style>"
                + HtmlReport.STYLE
                + "</style></head><body>"
                + body
                + "</body></html>\n";
    }

    /** Escapes for text and attributes. */
    public static String text(String raw) {
        return HtmlReport.text(raw);
    }
}
