package dev.concertina.memory.backend;

/** What a mapping, or a descriptor given away, allows. */
public enum Access {
    READ_ONLY,
    READ_WRITE
}
