package dev.concertina.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.util.Map;

/** Evaluates Flux's {@code healthCheckExprs} as Flux does (its RFC 0009): the generation first, then inProgress, failed, current. */
final class CelHealth {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final CelCompiler COMPILER = CelCompilerFactory.standardCelCompilerBuilder()
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addVar("metadata", SimpleType.DYN)
            .addVar("spec", SimpleType.DYN)
            .addVar("status", SimpleType.DYN)
            .setResultType(SimpleType.BOOL)
            .build();
    private static final CelRuntime RUNTIME =
            CelRuntimeFactory.standardCelRuntimeBuilder().build();

    private CelHealth() {}

    static String of(JsonNode check, JsonNode object) throws Exception {
        JsonNode seen = object.at("/status/observedGeneration");
        if (!seen.isMissingNode() && !seen.equals(object.at("/metadata/generation"))) {
            return "InProgress";
        }
        if (!object.has("status")) {
            // nothing was written yet: the expressions fail, and Flux waits
            return "InProgress";
        }
        if (holds(check.get("inProgress"), object)) {
            return "InProgress";
        }
        if (holds(check.get("failed"), object)) {
            return "Failed";
        }
        return holds(check.get("current"), object) ? "Current" : "InProgress";
    }

    private static boolean holds(JsonNode expression, JsonNode object) throws Exception {
        Map<?, ?> variables = MAPPER.convertValue(object, Map.class);
        CelRuntime.Program program =
                RUNTIME.createProgram(COMPILER.compile(expression.asText()).getAst());
        @SuppressWarnings("unchecked") // JSON: names are text
        Map<String, ?> named = (Map<String, ?>) variables;
        return (boolean) program.eval(named);
    }
}
