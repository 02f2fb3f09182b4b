package dev.concertina.scheduler.load;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/** Counts what an object holds: one for each object of ours and each element of an array or collection that can be reached. */
final class Reachable {
    private Reachable() {}

    static long cells(Object root) {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Object> open = new ArrayDeque<>();
        open.add(root);
        long cells = 0;
        while (!open.isEmpty()) {
            Object next = open.poll();
            if (!seen.add(next)) {
                continue;
            }
            cells++;
            if (next.getClass().isArray()) {
                cells += Array.getLength(next);
                if (next instanceof Object[] elements) {
                    addAll(open, java.util.Arrays.asList(elements));
                }
            } else if (next instanceof Map<?, ?> map) {
                cells += map.size();
                addAll(open, map.values());
            } else if (next instanceof Collection<?> collection) {
                cells += collection.size();
                addAll(open, collection);
            } else if (next.getClass().getName().startsWith("dev.concertina.")) {
                fields(next, open);
            } else if (next.getClass().getName().startsWith("org.HdrHistogram.")) {
                cells += ((org.HdrHistogram.Histogram) next).getEstimatedFootprintInBytes() / 8;
            }
        }
        return cells;
    }

    private static void fields(Object object, Deque<Object> open) {
        for (Field field : object.getClass().getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
                field.setAccessible(true);
                try {
                    Object value = field.get(object);
                    if (value != null) {
                        open.add(value);
                    }
                } catch (IllegalAccessException e) {
                    throw new AssertionError(e);
                }
            }
        }
    }

    private static void addAll(Deque<Object> open, Collection<?> values) {
        for (Object value : values) {
            if (value != null) {
                open.add(value);
            }
        }
    }
}
