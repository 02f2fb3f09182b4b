package dev.concertina.memory.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.function.Supplier;

/** Binding of C library functions, errno included. */
final class Native {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    /** Where calls of a thread leave errno. */
    private static final ThreadLocal<MemorySegment> STATES =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

    private Native() {}

    /** A function whose arguments from {@code variadicFrom} on are variadic; -1: none. The handle takes the errno segment first. */
    static MethodHandle bind(String name, int variadicFrom, MemoryLayout result, MemoryLayout... arguments) {
        Linker.Option capture = Linker.Option.captureCallState("errno");
        Linker.Option[] options = variadicFrom < 0
                ? new Linker.Option[] {capture}
                : new Linker.Option[] {capture, Linker.Option.firstVariadicArg(variadicFrom)};
        MemorySegment symbol = LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no " + name));
        return LINKER.downcallHandle(symbol, FunctionDescriptor.of(result, arguments), options);
    }

    static MethodHandle bind(String name, MemoryLayout result, MemoryLayout... arguments) {
        return bind(name, -1, result, arguments);
    }

    /** A call of a bound function; the argument is where it leaves errno. */
    @FunctionalInterface
    interface Call {
        long invoke(MemorySegment state) throws Throwable;
    }

    /** Calls; retries when a signal interrupts; throws for -1. {@code what} describes the call for the message, and is asked only for that. */
    static long call(Supplier<String> what, Call call) throws ErrnoException {
        MemorySegment state = STATES.get();
        while (true) {
            long result = invoke(call, state);
            if (result != -1) {
                return result;
            }
            int errno = (int) ERRNO.get(state, 0L);
            if (errno != ErrnoException.EINTR) {
                throw new ErrnoException(what.get(), errno);
            }
        }
    }

    // a MethodHandle declares Throwable; a downcall throws only unchecked ones
    private static long invoke(Call call, MemorySegment state) {
        try {
            return call.invoke(state);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    static final MemoryLayout POINTER = ValueLayout.ADDRESS;
}
