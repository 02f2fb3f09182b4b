package dev.concertina.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import party.iroiro.luajava.Lua;
import party.iroiro.luajava.lua51.Lua51;

/** Runs a health check as Argo CD does: Lua 5.1, the object as {@code obj}, the answer a table. */
final class LuaHealth {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private LuaHealth() {}

    static Map<?, ?> of(String script, JsonNode object) {
        try (Lua lua = new Lua51()) {
            lua.openLibrary("");
            lua.openLibrary("table");
            lua.push(MAPPER.convertValue(object, Map.class), Lua.Conversion.FULL);
            lua.setGlobal("obj");
            lua.load(script);
            lua.pCall(0, 1);
            if (!(lua.toObject(-1) instanceof Map<?, ?> answer)) {
                throw new IllegalStateException("the script gives no table");
            }
            return answer;
        }
    }
}
