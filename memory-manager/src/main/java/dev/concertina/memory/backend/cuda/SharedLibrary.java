package dev.concertina.memory.backend.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** A C library whose functions return a status. Loaded once, never unloaded. */
final class SharedLibrary {
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    static final MemoryLayout POINTER = ValueLayout.ADDRESS;

    /** Longest C string taken from a library, in bytes. */
    private static final int TEXT_LIMIT = 1024;

    private final String name;
    private final SymbolLookup symbols;

    private SharedLibrary(String name, SymbolLookup symbols) {
        this.name = name;
        this.symbols = symbols;
    }

    /** A call of a bound function. */
    @FunctionalInterface
    interface Call {
        int invoke() throws Throwable;
    }

    /**
     * @param nameOrPath what the dynamic loader looks for
     * @throws IllegalArgumentException when it finds nothing
     */
    static SharedLibrary load(String nameOrPath) {
        return new SharedLibrary(nameOrPath, SymbolLookup.libraryLookup(nameOrPath, Arena.global()));
    }

    /** A function that answers a status. */
    MethodHandle bind(String function, MemoryLayout... arguments) throws CudaUnavailableException {
        return bind(function, FunctionDescriptor.of(INT, arguments));
    }

    /** A function that answers a C string. */
    MethodHandle bindText(String function, MemoryLayout... arguments) throws CudaUnavailableException {
        return bind(function, FunctionDescriptor.of(ValueLayout.ADDRESS, arguments));
    }

    private MethodHandle bind(String function, FunctionDescriptor descriptor) throws CudaUnavailableException {
        MemorySegment symbol = symbols.find(function)
                .orElseThrow(() -> new CudaUnavailableException(name + " has no " + function
                        + ": the NVIDIA driver is too old; install a current one (580 is known to work)"));
        return Linker.nativeLinker().downcallHandle(symbol, descriptor);
    }

    /** Calls; a downcall throws only unchecked, though a method handle declares Throwable. */
    static int invoke(Call call) {
        try {
            return call.invoke();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** The C string at an address. */
    static String text(MemorySegment address, String otherwise) {
        return address.address() == 0
                ? otherwise
                : address.reinterpret(TEXT_LIMIT).getString(0);
    }
}
