package dev.concertina.operator.rest.access;

import dev.concertina.operator.rest.problem.ProblemException;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.vertx.core.net.SocketAddress;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;

/** Stands before every method of the API: rate, token, right. A method that names no right is refused. */
public class AccessFilter {
    private static final String IDENTITY = AccessFilter.class.getName();
    private static final String STILL = IDENTITY + ".still";
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");
    private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    private final Access access;
    private final RateLimit rate;
    private final CurrentVertxRequest request;

    AccessFilter(Access access, RateLimit rate, CurrentVertxRequest request) {
        this.access = access;
        this.rate = rate;
        this.request = request;
    }

    @ServerRequestFilter
    public void filter(ContainerRequestContext call, ResourceInfo target) {
        String header = call.getHeaderString(HttpHeaders.AUTHORIZATION);
        rate.take(header == null ? "" : header);
        // guessed tokens are counted where they come from: each has a bucket of its own
        Identity identity = access.authenticate(header, () -> rate.take("from " + address()));
        Needs needs = target.getResourceMethod().getAnnotation(Needs.class);
        if (needs == null) {
            throw ProblemException.forbidden("this method names no right that it needs, so nobody may call it");
        }
        MultivaluedMap<String, String> path = call.getUriInfo().getPathParameters();
        String namespace = path.getFirst("namespace");
        if (namespace == null && !needs.everywhere()) {
            namespace = call.getUriInfo().getQueryParameters().getFirst("namespace");
        }
        check("namespace", NAMESPACE, namespace);
        check("name", NAME, path.getFirst("name"));
        check("operation", NAME, path.getFirst("operation"));
        check("placement", NAME, path.getFirst("placement"));
        String in = Objects.requireNonNullElse(namespace, "");
        List<Right> rights = Arrays.stream(needs.on())
                .map(resource -> new Right(needs.verb(), resource, in, name(resource, path)))
                .toList();
        rights.forEach(right -> access.require(identity, right));
        call.setProperty(IDENTITY, identity);
        call.setProperty(STILL, (BooleanSupplier) () -> still(header, rights));
    }

    /** Asks anew; what cannot be asked now is taken to be as it was. */
    private boolean still(String header, List<Right> rights) {
        try {
            Identity identity = access.authenticate(header, () -> {});
            return rights.stream().allMatch(right -> access.allowed(identity, right));
        } catch (ProblemException e) {
            return e.problem().status() == Response.Status.SERVICE_UNAVAILABLE.getStatusCode();
        }
    }

    /** For a call that lasts: whether its token is still good and its rights are still granted. */
    public static BooleanSupplier stillAllowed(ContainerRequestContext call) {
        return (BooleanSupplier) Objects.requireNonNull(call.getProperty(STILL), "the access filter did not run");
    }

    private String address() {
        SocketAddress address = request.getCurrent().request().remoteAddress();
        return address == null ? "" : String.valueOf(address.hostAddress());
    }

    /** The object of that kind that the path names, empty when it names none. */
    private static String name(String resource, MultivaluedMap<String, String> path) {
        String parameter = switch (resource) {
            case "scaleoperations" -> "operation";
            case "expertplacements" -> "placement";
            default -> "name";
        };
        return Objects.requireNonNullElse(path.getFirst(parameter), "");
    }

    private static void check(String parameter, Pattern pattern, @Nullable String value) {
        if (value != null && !pattern.matcher(value).matches()) {
            throw ProblemException.badRequest(
                    parameter, "a Kubernetes name has lower case letters, digits and '-', at most 253 in all");
        }
    }

    /** Whose call it is; only within a call that the filter let pass. */
    public static Identity identity(ContainerRequestContext call) {
        return (Identity) Objects.requireNonNull(call.getProperty(IDENTITY), "the access filter did not run");
    }
}
