package dev.concertina.memory.agent;

import dev.concertina.wire.ObjectId;

/** One object of one deployment on one device of this node. */
record ObjectKey(String deployment, ObjectId object, int device) {
    @Override
    public String toString() {
        return object + " of " + deployment + " on device " + device;
    }
}
