package dev.concertina.e2e.report;

import dev.concertina.e2e.load.RequestRecord;
import java.util.Arrays;
import java.util.List;

/** When tokens arrived at the clients. Pure. */
final class TokenTimes {
    private final List<RequestRecord> records;

    TokenTimes(List<RequestRecord> records) {
        this.records = records;
    }

    /** Tokens a second between two times; 0 for an empty interval. */
    double rate(double fromS, double toS) {
        if (toS <= fromS) {
            return 0;
        }
        long count = 0;
        for (RequestRecord record : records) {
            for (long nanos : record.tokenNanos()) {
                double at = nanos / 1e9;
                if (at >= fromS && at < toS) {
                    count++;
                }
            }
        }
        return count / (toS - fromS);
    }

    /** Waits between two tokens of one stream that touch the interval, milliseconds, sorted. */
    double[] gaps(double fromS, double toS) {
        double[] gaps = new double[1024];
        int count = 0;
        for (RequestRecord record : records) {
            long[] times = record.tokenNanos();
            for (int i = 1; i < times.length; i++) {
                if (times[i] / 1e9 >= fromS && times[i - 1] / 1e9 <= toS) {
                    if (count == gaps.length) {
                        gaps = Arrays.copyOf(gaps, 2 * count);
                    }
                    gaps[count++] = (times[i] - times[i - 1]) / 1e6;
                }
            }
        }
        gaps = Arrays.copyOf(gaps, count);
        Arrays.sort(gaps);
        return gaps;
    }
}
