package dev.concertina.operator.rest;

import dev.concertina.operator.rest.problem.AllowedMethods;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The paths of all resources, from their annotations. */
@ApplicationScoped
public class ApiPaths implements AllowedMethods {
    private static final List<Class<?>> RESOURCES = List.of(
            DeploymentsResource.class,
            AboutResource.class,
            OperationsResource.class,
            PlacementsResource.class,
            ActionsResource.class,
            QuestionsResource.class,
            AgentsResource.class,
            EventsResource.class);

    private final Map<Pattern, Set<String>> methods = new HashMap<>();

    ApiPaths() {
        Map<String, Pattern> patterns = new HashMap<>();
        for (Class<?> resource : RESOURCES) {
            String root = resource.getAnnotation(Path.class).value();
            for (Method method : resource.getDeclaredMethods()) {
                for (Annotation annotation : method.getAnnotations()) {
                    HttpMethod http = annotation.annotationType().getAnnotation(HttpMethod.class);
                    if (http != null) {
                        Path path = method.getAnnotation(Path.class);
                        Pattern pattern =
                                patterns.computeIfAbsent(root + (path == null ? "" : path.value()), ApiPaths::pattern);
                        Set<String> known = methods.computeIfAbsent(pattern, key -> new TreeSet<>());
                        known.add(http.value());
                        if (http.value().equals(HttpMethod.GET)) {
                            known.add(HttpMethod.HEAD);
                        }
                    }
                }
            }
        }
    }

    private static Pattern pattern(String template) {
        return Pattern.compile(template.replaceAll("\\{[a-z]+}", "[^/]+") + "/?");
    }

    @Override
    public Set<String> at(String path) {
        Set<String> known = new TreeSet<>();
        String absolute = path.startsWith("/") ? path : "/" + path;
        methods.forEach((pattern, some) -> {
            if (pattern.matcher(absolute).matches()) {
                known.addAll(some);
            }
        });
        return known;
    }
}
