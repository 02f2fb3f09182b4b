/**
 * The OpenAI-compatible entry as a process: {@link dev.concertina.gateway.GatewayMain} reads the settings, {@link
 * dev.concertina.gateway.Gateway} puts the parts together. One event loop owns all routing state; nothing here blocks it.
 */
@NullMarked
package dev.concertina.gateway;

import org.jspecify.annotations.NullMarked;
