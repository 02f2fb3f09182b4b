/** What several packages' tests share: faulty peers and seeded random bytes. */
package dev.concertina.memory.testing;
