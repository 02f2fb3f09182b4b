/** Child processes that cannot outlive the launcher: started with a pipe as standard input, ended politely, then by force. */
@NullMarked
package dev.concertina.e2e.process;

import org.jspecify.annotations.NullMarked;
