/**
 * The OpenAI completions API over HTTP: reads and checks requests, turns bytes into text (holding back incomplete characters and possible
 * stop strings), and writes answers, whole or as server-sent events, no faster than the client reads.
 */
@NullMarked
package dev.concertina.gateway.openai;

import org.jspecify.annotations.NullMarked;
