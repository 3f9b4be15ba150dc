/* A GPU's management library as a machine without a GPU can have it: two GPUs, of which the second
   has neither a counter of energy nor memory of its own. The functions and their numbers are those
   of NVIDIA's nvml.h (NVML API reference). */
#include <string.h>

enum { SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, INSUFFICIENT_SIZE = 7 };

struct memory { unsigned version; unsigned long long total, reserved, free, used; };
struct process { unsigned pid; unsigned long long used; unsigned instance, compute; };

static char gpus[2];
static unsigned long long millijoules = 5000000;

int nvmlInit_v2(void) { return SUCCESS; }
int nvmlShutdown(void) { return SUCCESS; }

int nvmlSystemGetDriverVersion(char *text, unsigned length) {
    strncpy(text, "570.86.15", length);
    return SUCCESS;
}

int nvmlSystemGetCudaDriverVersion_v2(int *version) {
    *version = 12080;
    return SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
    *count = 2;
    return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned place, void **device) {
    if (place > 1) return INVALID_ARGUMENT;
    *device = &gpus[place];
    return SUCCESS;
}

int nvmlDeviceGetName(void *device, char *text, unsigned length) {
    strncpy(text, device == &gpus[0] ? "NVIDIA H200" : "NVIDIA GB10", length);
    return SUCCESS;
}

int nvmlDeviceGetUUID(void *device, char *text, unsigned length) {
    strncpy(text, device == &gpus[0] ? "GPU-aa11" : "GPU-bb22", length);
    return SUCCESS;
}

int nvmlDeviceGetHandleByUUID(const char *text, void **device) {
    unsigned place = !strcmp(text, "GPU-aa11") ? 0 : !strcmp(text, "GPU-bb22") ? 1 : 2;
    return nvmlDeviceGetHandleByIndex_v2(place, device);
}

int nvmlDeviceGetMemoryInfo_v2(void *device, struct memory *memory) {
    if (device != &gpus[0] || memory->version != (sizeof *memory | 2 << 24)) return NOT_SUPPORTED;
    memory->total = 143771ULL << 20;
    memory->free = 140000ULL << 20;
    memory->used = memory->total - memory->free;
    return SUCCESS;
}

/* Each look is three joules later. */
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *energy) {
    if (device != &gpus[0]) return NOT_SUPPORTED;
    *energy = millijoules += 3000;
    return SUCCESS;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, struct process *list) {
    const struct process all[] = {{71, 500ULL << 20, 0, 0}, {73, -1ULL, 0, 0}};
    unsigned room = *count;
    *count = device == &gpus[0] ? 2 : 0;
    if (room < *count) return INSUFFICIENT_SIZE;
    memcpy(list, all, *count * sizeof *all);
    return SUCCESS;
}
