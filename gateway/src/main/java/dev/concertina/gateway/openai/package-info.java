/**
 * The OpenAI completions API over HTTP: reads and checks requests, turns bytes into text (holding back incomplete characters and possible
 * stop strings), and writes answers, whole or as server-sent events, no faster than the client reads. A client whose connection breaks sends
 * its request again with the same key and goes on with the answer there is, or with the same tokens generated anew.
 */
@NullMarked
package dev.concertina.gateway.openai;

import org.jspecify.annotations.NullMarked;
