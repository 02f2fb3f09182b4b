package dev.concertina.memory.model;

/** Element types of safetensors files. */
public enum DType {
    F64(64),
    F32(32),
    F16(16),
    BF16(16),
    I64(64),
    I32(32),
    I16(16),
    I8(8),
    U64(64),
    U32(32),
    U16(16),
    U8(8),
    BOOL(8),
    C64(64),
    F8_E4M3(8),
    F8_E5M2(8),
    F8_E8M0(8),
    F6_E2M3(6),
    F6_E3M2(6),
    F4(4);

    private final int bits;

    DType(int bits) {
        this.bits = bits;
    }

    /**
     * Size of packed elements.
     *
     * @throws ArithmeticException when they do not fill whole bytes, or too many
     */
    public long bytes(long elements) {
        long all = Math.multiplyExact(elements, (long) bits);
        if (all % Byte.SIZE != 0) {
            throw new ArithmeticException(elements + " elements of " + bits + " bits fill no whole bytes");
        }
        return all / Byte.SIZE;
    }
}
