/*
 * A driver library without a GPU: the calls of libcuda.so.1 that the cuda backend makes, over memory files, with the driver's rules
 * enforced at least as strictly as the driver does. What breaks a rule is answered with an error, never tolerated:
 *   - sizes and addresses are multiples of the granularity; an allocation is mapped whole, from offset 0, onto unmapped reserved space;
 *   - an unmap names exactly one mapping, a free exactly one reservation with nothing mapped in it;
 *   - copies need a current context, and access that was set for that context's device, in the direction of the copy;
 *   - work on a stream happens when the stream is synchronized, no earlier (who forgets to wait sees old bytes);
 *   - handles count references; memory goes with its last handle and mapping; fresh memory holds 0xA5, not zeros.
 * fake_configure() and the fake_*_count() functions are the tests' own. Locked by one mutex.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, INVALID_DEVICE = 101, INVALID_CONTEXT = 201,
       OPERATING_SYSTEM = 304, INVALID_HANDLE = 400, ILLEGAL_ADDRESS = 700, NOT_SUPPORTED = 801 };

#define GRANULE ((uint64_t)2 << 20)
#define DEVICES 8
#define MANY 4096
#define EXPORT __attribute__((visibility("default")))

typedef struct { int type, id; } location_t;
typedef struct {
    int type, requested;
    location_t location;
    void *win32;
    unsigned char compression, rdma;
    unsigned short usage;
    unsigned char reserved[4];
} prop_t;
typedef struct { location_t location; int flags; } access_t;

_Static_assert(sizeof(prop_t) == 32, "CUmemAllocationProp");
_Static_assert(sizeof(access_t) == 12, "CUmemAccessDesc");

typedef struct { int used, fd, device, handles, mappings, imported, exportable; uint64_t size; } allocation_t;
typedef struct { int used; uint64_t handle; int allocation; } handle_t;
typedef struct { int used; uint64_t address, size; } reservation_t;
typedef struct { int used, allocation; uint64_t address, size; unsigned char flags[DEVICES]; } mapping_t;
typedef struct operation { int kind; uint64_t target, source, size; unsigned char value; int target_device, source_device;
                           struct operation *next; } operation_t;
typedef struct { int used, device; operation_t *first, *last; } stream_t;
typedef struct { int device, retained; } context_t;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int initialized, devices = 1;
static uint64_t capacity = (uint64_t)256 << 20, next_handle = 0x1000;
static uint64_t used_bytes[DEVICES];
static allocation_t allocations[MANY];
static handle_t handles[MANY];
static reservation_t reservations[MANY];
static mapping_t mappings[MANY];
static stream_t streams[64];
static context_t contexts[DEVICES];
static __thread context_t *current;

#define ENTER() do { pthread_mutex_lock(&lock); if (!initialized) return leave(NOT_INITIALIZED); } while (0)

static int leave(int result) {
    pthread_mutex_unlock(&lock);
    return result;
}

static int aligned(uint64_t bytes) { return bytes != 0 && bytes % GRANULE == 0; }

static handle_t *handle_of(uint64_t value) {
    for (int i = 0; i < MANY; i++) if (handles[i].used && handles[i].handle == value) return &handles[i];
    return NULL;
}

static void settle(allocation_t *a) {
    if (a->handles == 0 && a->mappings == 0) {
        close(a->fd);
        if (!a->imported) used_bytes[a->device] -= a->size;
        a->used = 0;
    }
}

static int new_allocation(int fd, int device, uint64_t size, int imported, int exportable, uint64_t *out) {
    int a = 0, h = 0;
    while (a < MANY && allocations[a].used) a++;
    while (h < MANY && handles[h].used) h++;
    if (a == MANY || h == MANY) return OPERATING_SYSTEM;
    allocations[a] = (allocation_t){1, fd, device, 1, 0, imported, exportable, size};
    handles[h] = (handle_t){1, next_handle += 0x10, a};
    *out = handles[h].handle;
    return OK;
}

/* Whether [address, address + size) is exactly filled by whole mappings, or (exact = 0) only covered by mappings, each with the flags. */
static int covered(uint64_t address, uint64_t size, int exact, int device, int flags) {
    uint64_t at = address, end = address + size;
    while (at < end) {
        mapping_t *found = NULL;
        for (int i = 0; i < MANY; i++)
            if (mappings[i].used && mappings[i].address <= at && at < mappings[i].address + mappings[i].size) found = &mappings[i];
        if (!found || (exact && found->address != at)) return 0;
        if (flags && (found->flags[device] & flags) != flags) return 0;
        at = found->address + found->size;
    }
    return !exact || at == end;
}

static int context_ok(context_t *c) { return c && c >= contexts && c < contexts + DEVICES && c->retained > 0; }

EXPORT int cuInit(unsigned flags) {
    if (flags) return INVALID_VALUE;
    pthread_mutex_lock(&lock);
    const char *wanted = getenv("FAKE_CUDA_DEVICES"); /* for processes that cannot call fake_configure */
    if (wanted && !initialized) devices = atoi(wanted);
    initialized = 1;
    return leave(OK);
}

EXPORT int cuDriverGetVersion(int *version) {
    if (!version) return INVALID_VALUE;
    *version = 12090;
    return OK;
}

EXPORT int cuGetErrorName(int result, const char **name) {
    switch (result) {
        case OK: *name = "CUDA_SUCCESS"; return OK;
        case INVALID_VALUE: *name = "CUDA_ERROR_INVALID_VALUE"; return OK;
        case OUT_OF_MEMORY: *name = "CUDA_ERROR_OUT_OF_MEMORY"; return OK;
        case NOT_INITIALIZED: *name = "CUDA_ERROR_NOT_INITIALIZED"; return OK;
        case INVALID_DEVICE: *name = "CUDA_ERROR_INVALID_DEVICE"; return OK;
        case INVALID_CONTEXT: *name = "CUDA_ERROR_INVALID_CONTEXT"; return OK;
        case OPERATING_SYSTEM: *name = "CUDA_ERROR_OPERATING_SYSTEM"; return OK;
        case INVALID_HANDLE: *name = "CUDA_ERROR_INVALID_HANDLE"; return OK;
        case ILLEGAL_ADDRESS: *name = "CUDA_ERROR_ILLEGAL_ADDRESS"; return OK;
        case NOT_SUPPORTED: *name = "CUDA_ERROR_NOT_SUPPORTED"; return OK;
        default: *name = NULL; return INVALID_VALUE;
    }
}

EXPORT int cuGetErrorString(int result, const char **text) {
    (void)result;
    *text = "said by the fake driver";
    return OK;
}

EXPORT int cuDeviceGetCount(int *count) {
    ENTER();
    *count = devices;
    return leave(OK);
}

EXPORT int cuDeviceGet(int *device, int ordinal) {
    ENTER();
    if (ordinal < 0 || ordinal >= devices) return leave(INVALID_DEVICE);
    *device = ordinal;
    return leave(OK);
}

EXPORT int cuDeviceGetName(char *name, int length, int device) {
    ENTER();
    if (device < 0 || device >= devices) return leave(INVALID_DEVICE);
    snprintf(name, (size_t)length, "Fake accelerator %d", device);
    return leave(OK);
}

EXPORT int cuDeviceGetUuid_v2(unsigned char *uuid, int device) {
    ENTER();
    if (device < 0 || device >= devices) return leave(INVALID_DEVICE);
    for (int i = 0; i < 16; i++) uuid[i] = (unsigned char)(i * 17);
    uuid[15] = (unsigned char)device;
    return leave(OK);
}

EXPORT int cuDeviceTotalMem_v2(uint64_t *bytes, int device) {
    ENTER();
    if (device < 0 || device >= devices) return leave(INVALID_DEVICE);
    *bytes = capacity;
    return leave(OK);
}

EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device) {
    ENTER();
    if (device < 0 || device >= devices) return leave(INVALID_DEVICE);
    if (attribute != 102 && attribute != 103) return leave(INVALID_VALUE);
    *value = 1;
    return leave(OK);
}

EXPORT int cuDevicePrimaryCtxRetain(void **context, int device) {
    ENTER();
    if (device < 0 || device >= devices) return leave(INVALID_DEVICE);
    contexts[device].device = device;
    contexts[device].retained++;
    *context = &contexts[device];
    return leave(OK);
}

EXPORT int cuDevicePrimaryCtxRelease_v2(int device) {
    ENTER();
    if (device < 0 || device >= devices) return leave(INVALID_DEVICE);
    if (contexts[device].retained == 0) return leave(INVALID_CONTEXT);
    contexts[device].retained--;
    return leave(OK);
}

EXPORT int cuCtxSetCurrent(void *context) {
    ENTER();
    if (context && !context_ok(context)) return leave(INVALID_CONTEXT);
    current = context;
    return leave(OK);
}

EXPORT int cuMemGetInfo_v2(uint64_t *free_bytes, uint64_t *total) {
    ENTER();
    if (!context_ok(current)) return leave(INVALID_CONTEXT);
    *free_bytes = capacity - used_bytes[current->device];
    *total = capacity;
    return leave(OK);
}

static int prop_ok(const prop_t *p) {
    static const unsigned char zeros[4];
    return p && p->type == 1 && (p->requested == 0 || p->requested == 1) && p->location.type == 1 && p->location.id >= 0
        && p->location.id < devices && !p->win32 && !p->compression && !p->rdma && !p->usage && !memcmp(p->reserved, zeros, 4);
}

EXPORT int cuMemGetAllocationGranularity(uint64_t *granularity, const prop_t *p, int option) {
    ENTER();
    if (!granularity || !prop_ok(p) || option < 0 || option > 1) return leave(INVALID_VALUE);
    *granularity = GRANULE;
    return leave(OK);
}

EXPORT int cuMemCreate(uint64_t *handle, uint64_t size, const prop_t *p, unsigned long long flags) {
    ENTER();
    if (!handle || !aligned(size) || !prop_ok(p) || flags) return leave(INVALID_VALUE);
    int device = p->location.id;
    if (size > capacity - used_bytes[device]) return leave(OUT_OF_MEMORY);
    char name[32];
    snprintf(name, sizeof name, "fakecuda-%d", device);
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0) return leave(OPERATING_SYSTEM);
    if (ftruncate(fd, (off_t)size) || fallocate(fd, 0, 0, (off_t)size)) {
        close(fd);
        return leave(OUT_OF_MEMORY);
    }
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED) {
        close(fd);
        return leave(OPERATING_SYSTEM);
    }
    memset(bytes, 0xA5, size);
    munmap(bytes, size);
    int result = new_allocation(fd, device, size, 0, p->requested == 1, handle);
    if (result) close(fd);
    else used_bytes[device] += size;
    return leave(result);
}

EXPORT int cuMemRelease(uint64_t value) {
    ENTER();
    handle_t *h = handle_of(value);
    if (!h) return leave(INVALID_VALUE);
    h->used = 0;
    allocations[h->allocation].handles--;
    settle(&allocations[h->allocation]);
    return leave(OK);
}

EXPORT int cuMemExportToShareableHandle(void *out, uint64_t value, int type, unsigned long long flags) {
    ENTER();
    handle_t *h = handle_of(value);
    if (!out || !h || type != 1 || flags || !allocations[h->allocation].exportable) return leave(INVALID_VALUE);
    int fd = fcntl(allocations[h->allocation].fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0) return leave(OPERATING_SYSTEM);
    *(int *)out = fd;
    return leave(OK);
}

EXPORT int cuMemImportFromShareableHandle(uint64_t *handle, void *os, int type) {
    ENTER();
    if (!handle || type != 1) return leave(INVALID_VALUE);
    int fd = (int)(intptr_t)os, device;
    char path[64], name[128];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(path, name, sizeof name - 1);
    if (n < 0) return leave(INVALID_VALUE);
    name[n] = 0;
    struct stat status;
    if (sscanf(name, "/memfd:fakecuda-%d", &device) != 1 || device < 0 || device >= devices || fstat(fd, &status))
        return leave(INVALID_VALUE);
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) return leave(OPERATING_SYSTEM);
    int result = new_allocation(copy, device, (uint64_t)status.st_size, 1, 1, handle);
    if (result) close(copy);
    return leave(result);
}

EXPORT int cuMemGetAllocationPropertiesFromHandle(prop_t *p, uint64_t value) {
    ENTER();
    handle_t *h = handle_of(value);
    if (!p || !h) return leave(INVALID_VALUE);
    memset(p, 0, sizeof *p);
    p->type = 1;
    p->requested = allocations[h->allocation].exportable;
    p->location = (location_t){1, allocations[h->allocation].device};
    return leave(OK);
}

EXPORT int cuMemAddressReserve(uint64_t *address, uint64_t size, uint64_t alignment, uint64_t wanted, unsigned long long flags) {
    ENTER();
    if (!address || !aligned(size) || (alignment && alignment & (alignment - 1)) || alignment > GRANULE || wanted || flags)
        return leave(INVALID_VALUE);
    int r = 0;
    while (r < MANY && reservations[r].used) r++;
    if (r == MANY) return leave(OUT_OF_MEMORY);
    char *base = mmap(NULL, size + GRANULE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) return leave(OUT_OF_MEMORY);
    uint64_t start = ((uint64_t)base + GRANULE - 1) / GRANULE * GRANULE;
    if (start > (uint64_t)base) munmap(base, start - (uint64_t)base);
    uint64_t tail = (uint64_t)base + size + GRANULE - (start + size);
    if (tail) munmap((void *)(start + size), tail);
    reservations[r] = (reservation_t){1, start, size};
    *address = start;
    return leave(OK);
}

EXPORT int cuMemAddressFree(uint64_t address, uint64_t size) {
    ENTER();
    for (int m = 0; m < MANY; m++)
        if (mappings[m].used && mappings[m].address < address + size && address < mappings[m].address + mappings[m].size)
            return leave(INVALID_VALUE);
    for (int r = 0; r < MANY; r++)
        if (reservations[r].used && reservations[r].address == address && reservations[r].size == size) {
            munmap((void *)address, size);
            reservations[r].used = 0;
            return leave(OK);
        }
    return leave(INVALID_VALUE);
}

EXPORT int cuMemMap(uint64_t address, uint64_t size, uint64_t offset, uint64_t value, unsigned long long flags) {
    ENTER();
    handle_t *h = handle_of(value);
    if (!h || offset || flags || address % GRANULE || size != allocations[h->allocation].size) return leave(INVALID_VALUE);
    int inside = 0, m = 0;
    for (int r = 0; r < MANY; r++)
        if (reservations[r].used && reservations[r].address <= address
            && address + size <= reservations[r].address + reservations[r].size) inside = 1;
    for (int i = 0; i < MANY; i++)
        if (mappings[i].used && mappings[i].address < address + size && address < mappings[i].address + mappings[i].size)
            return leave(INVALID_VALUE);
    while (m < MANY && mappings[m].used) m++;
    if (!inside || m == MANY) return leave(INVALID_VALUE);
    if (mmap((void *)address, size, PROT_NONE, MAP_SHARED | MAP_FIXED, allocations[h->allocation].fd, 0) == MAP_FAILED)
        return leave(OPERATING_SYSTEM);
    mappings[m] = (mapping_t){.used = 1, .allocation = h->allocation, .address = address, .size = size};
    allocations[h->allocation].mappings++;
    return leave(OK);
}

EXPORT int cuMemUnmap(uint64_t address, uint64_t size) {
    ENTER();
    for (int m = 0; m < MANY; m++)
        if (mappings[m].used && mappings[m].address == address && mappings[m].size == size) {
            mmap((void *)address, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
            mappings[m].used = 0;
            allocations[mappings[m].allocation].mappings--;
            settle(&allocations[mappings[m].allocation]);
            return leave(OK);
        }
    return leave(INVALID_VALUE);
}

EXPORT int cuMemSetAccess(uint64_t address, uint64_t size, const access_t *access, uint64_t count) {
    ENTER();
    if (!access || !count || !size || !covered(address, size, 1, 0, 0)) return leave(INVALID_VALUE);
    for (uint64_t i = 0; i < count; i++)
        if (access[i].location.type != 1 || access[i].location.id < 0 || access[i].location.id >= devices
            || (access[i].flags != 0 && access[i].flags != 1 && access[i].flags != 3)) return leave(INVALID_VALUE);
    for (int m = 0; m < MANY; m++)
        if (mappings[m].used && mappings[m].address >= address && mappings[m].address < address + size) {
            for (uint64_t i = 0; i < count; i++) mappings[m].flags[access[i].location.id] = (unsigned char)access[i].flags;
            mprotect((void *)mappings[m].address, mappings[m].size, PROT_READ | PROT_WRITE); /* the flags are what is checked */
        }
    return leave(OK);
}

static stream_t *stream_of(void *stream) {
    stream_t *s = stream;
    return s >= streams && s < streams + 64 && s->used ? s : NULL;
}

EXPORT int cuStreamCreate(void **stream, unsigned flags) {
    ENTER();
    if (!context_ok(current)) return leave(INVALID_CONTEXT);
    if (!stream || flags > 1) return leave(INVALID_VALUE);
    for (int s = 0; s < 64; s++)
        if (!streams[s].used) {
            streams[s] = (stream_t){1, current->device, NULL, NULL};
            *stream = &streams[s];
            return leave(OK);
        }
    return leave(OUT_OF_MEMORY);
}

static int device_ok(const operation_t *o) {
    return (o->kind == 'D' || covered(o->target, o->size, 0, o->target_device, 3))
        && (o->kind == 'U' || o->kind == 'S' || covered(o->source, o->size, 0, o->source_device, 1));
}

/* kinds: U up (host to device), D down (device to host), C copy between devices or within one, S set */
static int enqueue(void *stream, operation_t o) {
    ENTER();
    stream_t *s = stream_of(stream);
    if (!context_ok(current)) return leave(INVALID_CONTEXT);
    if (!s) return leave(INVALID_HANDLE);
    if (s->device != current->device) return leave(INVALID_HANDLE);
    if (o.target_device < 0) o.target_device = current->device;
    if (o.source_device < 0) o.source_device = current->device;
    if (!device_ok(&o)) return leave(INVALID_VALUE);
    operation_t *queued = malloc(sizeof o);
    *queued = o;
    queued->next = NULL;
    if (s->last) s->last->next = queued;
    else s->first = queued;
    s->last = queued;
    return leave(OK);
}

static int perform(const operation_t *o) {
    if (!device_ok(o)) return ILLEGAL_ADDRESS; /* unmapped while the copy was under way */
    if (o->kind == 'S') memset((void *)o->target, o->value, o->size);
    else memmove((void *)o->target, (const void *)o->source, o->size);
    return OK;
}

static int drain(stream_t *s) {
    int result = OK;
    for (operation_t *o = s->first, *next; o; o = next) {
        next = o->next;
        int r = perform(o);
        if (r && !result) result = r;
        free(o);
    }
    s->first = s->last = NULL;
    return result;
}

EXPORT int cuStreamSynchronize(void *stream) {
    ENTER();
    stream_t *s = stream_of(stream);
    if (!context_ok(current)) return leave(INVALID_CONTEXT);
    if (!s) return leave(INVALID_HANDLE);
    return leave(drain(s));
}

EXPORT int cuStreamDestroy_v2(void *stream) {
    ENTER();
    stream_t *s = stream_of(stream);
    if (!context_ok(current)) return leave(INVALID_CONTEXT);
    if (!s) return leave(INVALID_HANDLE);
    int result = drain(s);
    s->used = 0;
    return leave(result);
}

EXPORT int cuMemcpyHtoDAsync_v2(uint64_t target, const void *source, uint64_t size, void *stream) {
    return enqueue(stream, (operation_t){'U', target, (uint64_t)source, size, 0, -1, -1, NULL});
}

EXPORT int cuMemcpyDtoHAsync_v2(void *target, uint64_t source, uint64_t size, void *stream) {
    return enqueue(stream, (operation_t){'D', (uint64_t)target, source, size, 0, -1, -1, NULL});
}

EXPORT int cuMemcpyDtoDAsync_v2(uint64_t target, uint64_t source, uint64_t size, void *stream) {
    return enqueue(stream, (operation_t){'C', target, source, size, 0, -1, -1, NULL});
}

EXPORT int cuMemsetD8Async(uint64_t target, unsigned char value, uint64_t size, void *stream) {
    return enqueue(stream, (operation_t){'S', target, 0, size, value, -1, -1, NULL});
}

EXPORT int cuMemcpyPeerAsync(uint64_t target, context_t *target_context, uint64_t source, context_t *source_context, uint64_t size,
                             void *stream) {
    if (!context_ok(target_context) || !context_ok(source_context)) return INVALID_CONTEXT;
    return enqueue(stream, (operation_t){'C', target, source, size, 0, target_context->device, source_context->device, NULL});
}

static int at_once(operation_t o) {
    ENTER();
    if (!context_ok(current)) return leave(INVALID_CONTEXT);
    o.target_device = o.source_device = current->device;
    return leave(device_ok(&o) ? perform(&o) : INVALID_VALUE);
}

EXPORT int cuMemcpyHtoD_v2(uint64_t target, const void *source, uint64_t size) {
    return at_once((operation_t){'U', target, (uint64_t)source, size, 0, 0, 0, NULL});
}

EXPORT int cuMemcpyDtoH_v2(void *target, uint64_t source, uint64_t size) {
    return at_once((operation_t){'D', (uint64_t)target, source, size, 0, 0, 0, NULL});
}

EXPORT int cuMemsetD8_v2(uint64_t target, unsigned char value, uint64_t size) {
    return at_once((operation_t){'S', target, 0, size, value, 0, 0, NULL});
}

EXPORT int cuMemHostAlloc(void **host, uint64_t size, unsigned flags) {
    ENTER();
    if (!context_ok(current)) return leave(INVALID_CONTEXT);
    if (!host || !size || flags) return leave(INVALID_VALUE);
    *host = aligned_alloc(4096, (size + 4095) / 4096 * 4096);
    return leave(*host ? OK : OUT_OF_MEMORY);
}

EXPORT int cuMemFreeHost(void *host) {
    ENTER();
    free(host);
    return leave(OK);
}

/* NVML, for discovery. A device's handle is its number plus one. */
EXPORT int nvmlInit_v2(void) { return OK; }
EXPORT int nvmlShutdown(void) { return OK; }
EXPORT const char *nvmlErrorString(int result) { return result == 2 ? "Invalid Argument" : "Unknown Error"; }

EXPORT int nvmlSystemGetDriverVersion(char *version, unsigned length) {
    snprintf(version, length, "0.0.fake");
    return OK;
}

EXPORT int nvmlDeviceGetCount_v2(unsigned *count) {
    *count = (unsigned)devices;
    return OK;
}

EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned index, uint64_t *device) {
    if (index >= (unsigned)devices) return 2;
    *device = index + 1;
    return OK;
}

EXPORT int nvmlDeviceGetUUID(uint64_t device, char *uuid, unsigned length) {
    if (device < 1 || device > (uint64_t)devices) return 2;
    snprintf(uuid, length, "GPU-00112233-4455-6677-8899-aabbccddee%02x", (unsigned)device - 1);
    return OK;
}

EXPORT int nvmlDeviceGetName(uint64_t device, char *name, unsigned length) {
    if (device < 1 || device > (uint64_t)devices) return 2;
    snprintf(name, length, "Fake accelerator %u", (unsigned)device - 1);
    return OK;
}

EXPORT int nvmlDeviceGetMemoryInfo(uint64_t device, uint64_t *memory) {
    if (device < 1 || device > (uint64_t)devices) return 2;
    memory[0] = capacity;
    memory[1] = capacity - used_bytes[device - 1];
    memory[2] = used_bytes[device - 1];
    return OK;
}

/* The tests' own: how many accelerators of how many bytes each. */
EXPORT void fake_configure(int count, uint64_t bytes) {
    pthread_mutex_lock(&lock);
    devices = count;
    capacity = bytes;
    pthread_mutex_unlock(&lock);
}

/* Allocations, handles, reservations, mappings, streams and retained contexts still there, in that order. */
EXPORT void fake_counts(int *out) {
    pthread_mutex_lock(&lock);
    memset(out, 0, 6 * sizeof *out);
    for (int i = 0; i < MANY; i++) {
        out[0] += allocations[i].used;
        out[1] += handles[i].used;
        out[2] += reservations[i].used;
        out[3] += mappings[i].used;
    }
    for (int i = 0; i < 64; i++) out[4] += streams[i].used;
    for (int i = 0; i < DEVICES; i++) out[5] += contexts[i].retained;
    pthread_mutex_unlock(&lock);
}
