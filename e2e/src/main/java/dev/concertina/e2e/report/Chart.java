package dev.concertina.e2e.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One plot over time as inline SVG: lines or steps, a limit, bands for operations. Colours come from the page's style classes. */
public final class Chart {
    static final int WIDTH = 720;
    static final int HEIGHT = 190;
    private static final int LEFT = 52;
    private static final int RIGHT = 12;
    private static final int TOP = 12;
    private static final int BOTTOM = 26;

    /** A value at a time; NaN breaks the line. */
    public record Point(double atS, double value) {}

    private record Series(String label, String style, boolean steps, List<Point> points) {}

    private record Band(double fromS, double toS, String label) {}

    private record Limit(double value, String label) {}

    private final String title;
    private final double fromS;
    private final double toS;
    private final List<Series> series = new ArrayList<>();
    private final List<Band> bands = new ArrayList<>();
    private final List<Limit> limits = new ArrayList<>();
    private double most = Double.POSITIVE_INFINITY;

    public Chart(String title, double fromS, double toS) {
        this.title = title;
        this.fromS = fromS;
        this.toS = Math.max(toS, fromS + 1);
    }

    /** @param style {@code a}, {@code b} or {@code c} */
    public Chart line(String label, String style, List<Point> points) {
        series.add(new Series(label, style, false, List.copyOf(points)));
        return this;
    }

    public Chart steps(String label, String style, List<Point> points) {
        series.add(new Series(label, style, true, List.copyOf(points)));
        return this;
    }

    public Chart band(double from, double to, String label) {
        bands.add(new Band(from, to, label));
        return this;
    }

    public Chart limit(double value, String label) {
        limits.add(new Limit(value, label));
        return this;
    }

    /** No axis beyond this: a share has no more than all. */
    public Chart atMost(double value) {
        most = value;
        return this;
    }

    public String svg() {
        double top = Math.min(top(), most);
        StringBuilder svg = new StringBuilder();
        svg.append("<figure><figcaption>")
                .append(HtmlReport.text(title))
                .append(legend())
                .append("</figcaption>");
        svg.append("<svg viewBox=\"0 0 ").append(WIDTH).append(' ').append(HEIGHT);
        svg.append("\" role=\"img\" aria-label=\"")
                .append(HtmlReport.text(title))
                .append("\">");
        for (Band band : bands) {
            double x = x(Math.max(band.fromS, fromS));
            double w = Math.max(1.5, x(Math.min(band.toS, toS)) - x);
            svg.append(format(
                    "<rect class=\"band\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>%s</title></rect>",
                    x, TOP, w, HEIGHT - TOP - BOTTOM, HtmlReport.text(band.label)));
        }
        axes(svg, top);
        for (Limit limit : limits) {
            if (limit.value <= top) {
                double y = y(limit.value, top);
                svg.append(format(
                        "<line class=\"limit\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"><title>%s</title></line>",
                        LEFT, WIDTH - RIGHT, y, y, HtmlReport.text(limit.label)));
            }
        }
        for (Series one : series) {
            svg.append("<path class=\"s ").append(one.style).append("\" d=\"");
            svg.append(path(one, top)).append("\"/>");
        }
        return svg.append("</svg></figure>").toString();
    }

    private String legend() {
        StringBuilder legend = new StringBuilder();
        for (Series one : series) {
            legend.append(" <span class=\"k ").append(one.style).append("\">");
            legend.append(HtmlReport.text(one.label)).append("</span>");
        }
        for (Limit limit : limits) {
            legend.append(" <span class=\"k l\">")
                    .append(HtmlReport.text(limit.label))
                    .append("</span>");
        }
        return legend.toString();
    }

    private String path(Series one, double top) {
        StringBuilder path = new StringBuilder();
        boolean open = false;
        for (Point point : one.points) {
            if (Double.isNaN(point.value)) {
                open = false;
                continue;
            }
            double px = x(point.atS);
            double py = y(Math.min(point.value, top), top);
            if (open && one.steps) {
                path.append(format("H%.1f V%.1f ", px, py));
            } else {
                path.append(format(open ? "L%.1f %.1f " : "M%.1f %.1f ", px, py));
            }
            open = true;
        }
        return path.toString().strip();
    }

    private void axes(StringBuilder svg, double top) {
        for (int i = 0; i <= 4; i++) {
            double value = top * i / 4;
            double y = y(value, top);
            svg.append(format(
                    "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - RIGHT, y, y));
            svg.append(
                    format("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT - 6, y + 4, number(value)));
        }
        double step = niceStep((toS - fromS) / 6);
        for (double at = Math.ceil(fromS / step) * step; at <= toS; at += step) {
            svg.append(format("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f s</text>", x(at), HEIGHT - 8, at));
        }
    }

    /** The top of the scale: a round number not below the highest value. */
    private double top() {
        double max = 0;
        for (Series one : series) {
            for (Point point : one.points) {
                max = Double.isNaN(point.value) ? max : Math.max(max, point.value);
            }
        }
        double step = niceStep(Math.max(max, 1e-9) / 4);
        return Math.max(step * Math.ceil(max / step), step * 4);
    }

    private static double niceStep(double raw) {
        double magnitude = Math.pow(10, Math.floor(Math.log10(Math.max(raw, 1e-9))));
        for (double factor : new double[] {1, 2, 5}) {
            if (factor * magnitude >= raw) {
                return factor * magnitude;
            }
        }
        return 10 * magnitude;
    }

    private double x(double atS) {
        return LEFT + (Math.clamp(atS, fromS, toS) - fromS) / (toS - fromS) * (WIDTH - LEFT - RIGHT);
    }

    private static double y(double value, double top) {
        return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM);
    }

    private static String number(double value) {
        return value >= 100 || value == Math.rint(value) ? format("%.0f", value) : format("%.2g", value);
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
