package dev.concertina.worker.kv;

import dev.concertina.memory.kv.KvTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A sequence whose process ended while its pages stayed. Keys and values depend on nothing but the model and the tokens before them, so whoever
 * continues these tokens may go on with the pages.
 *
 * @param owner number in the pages' owner words
 * @param tokens those whose keys and values are in the pages, from the sequence's start
 * @param pages in the sequence's order, empty ones at the end included
 */
record KeptSequence(long owner, int[] tokens, int[] pages) {
    /** What a pool holds from before; pages that make no whole start of a sequence are in none of them. */
    static List<KeptSequence> in(KvTable table) {
        Map<Long, List<Integer>> byOwner = new TreeMap<>();
        for (int page = 0; page < table.pages(); page++) {
            if (table.state(page) == KvTable.State.READY) {
                byOwner.computeIfAbsent(table.owner(page), owner -> new ArrayList<>())
                        .add(page);
            }
        }
        List<KeptSequence> kept = new ArrayList<>();
        byOwner.forEach((owner, pages) -> {
            pages.sort(Comparator.comparingInt(table::index));
            KeptSequence sequence = read(table, owner, pages);
            if (sequence.tokens.length > 0) {
                kept.add(sequence);
            }
        });
        return kept;
    }

    private static KeptSequence read(KvTable table, long owner, List<Integer> pages) {
        List<Integer> order = new ArrayList<>();
        List<Integer> tokens = new ArrayList<>();
        boolean whole = true; // every page before is full
        for (int page : pages) {
            if (table.index(page) != order.size()) {
                break;
            }
            order.add(page);
            int computed = whole ? Math.clamp(table.computed(page), 0, table.pageTokens()) : 0;
            for (int slot = 0; slot < computed; slot++) {
                tokens.add(table.token(page, slot));
            }
            whole = whole && computed == table.pageTokens();
        }
        return new KeptSequence(owner, ints(tokens), ints(order));
    }

    private static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }

    /**
     * How many of its tokens another sequence starts with.
     *
     * @param ids of the other one
     * @param most how many count at most
     */
    int common(int[] ids, int most) {
        int length = Math.min(Math.min(tokens.length, ids.length), most);
        int at = 0;
        while (at < length && tokens[at] == ids[at]) {
            at++;
        }
        return at;
    }
}
